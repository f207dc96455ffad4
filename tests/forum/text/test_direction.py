"""Tests of text direction: each block of a text has its own, on the server, in every kind of block."""

import re

import pytest

from forum.text.direction import direction_of, set_directions
from forum.text.markdown import render, render_mail, sanitize
from tests.support.discussion import quoting
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service

ARABIC = "\u0647\u0630\u0627 \u062c\u0648\u0627\u0628\u064a (3TG)!"
HEBREW = "\u05ea\u05e9\u05d5\u05d1\u05d4"
LENGTH = 20_000


def outline(html: str) -> list[str]:
    """Return the block elements of HTML with their own direction, such as `p rtl`, in order."""
    return [
        f"{tag} {direction}".strip()
        for tag, direction in re.findall(
            r'<(p|li|ul|ol|table|th|td|blockquote|h\d|pre|figcaption|details|summary)\b(?:[^>]*? dir="(\w+)")?',
            html,
        )
    ]


@pytest.mark.parametrize(
    ("source", "blocks"),
    [
        (f"> The English quote.\n\n{ARABIC}", ["blockquote ltr", "p", "p rtl"]),
        (f"> {ARABIC}\n\nThe English answer.", ["blockquote rtl", "p", "p ltr"]),
        (f"> {ARABIC}\n>\n> English too", ["blockquote rtl", "p", "p ltr"]),
        (f"# {HEBREW}\n\nEnglish", ["h3 rtl", "p ltr"]),
        (f"- {ARABIC}\n- English\n- 2026", ["ul rtl", "li", "li ltr", "li"]),
        (f"1. English\n2. {HEBREW}", ["ol ltr", "li", "li rtl"]),
        (f"- English\n  - {ARABIC}\n    - English", ["ul ltr", "li", "ul rtl", "li", "ul ltr", "li"]),
        (f"|{HEBREW}|b|\n|-|-|\n|1|2|", ["table rtl", "th", "th ltr", "td", "td"]),
        (f"|a|{HEBREW}|\n|-|-|\n|1|x|", ["table ltr", "th", "th rtl", "td", "td"]),
        (f"2026\n\n{ARABIC}\n\n5 %", ["p rtl", "p rtl", "p rtl"]),
        (f"English\n\n```\n{ARABIC}\n```", ["p ltr", "pre ltr"]),
        (f"{ARABIC}[^1]\n\n[^1]: English note", ["p rtl", "ol", "li", "p"]),
        (f'![{ARABIC}](/files/1/a.png "{ARABIC}")', ["figcaption"]),
    ],
)
def test_each_block_has_its_own_direction(source: str, blocks: list[str]) -> None:
    assert outline(render(source).html) == blocks


@pytest.mark.parametrize(
    "beginning",
    [
        "`./run`",
        "./run",
        "/usr/bin",
        "~/x",
        "https://example.org/a",
        "<https://example.org>",
        "www.example.org",
        "bob@example.org",
        "@bob",
        "@bob/package",
        "#12",
        "\U0001f1e9\U0001f1ea",
        "\U0001f44d",
        "2026:",
        "5 %",
        "&amp;",
        "**`code`**",
        "[https://example.org](https://example.org)",
    ],
)
def test_addresses_code_mentions_and_signs_do_not_decide(beginning: str) -> None:
    assert outline(render(f"{beginning} {ARABIC}", topic=3).html) == ["p rtl"]
    assert outline(render(f"{beginning} English {ARABIC}", topic=3).html) == ["p ltr"]


def test_a_link_with_words_decides() -> None:
    assert outline(render(f"[English](https://example.org) {ARABIC}").html) == ["p ltr"]


def test_code_addresses_and_mentions_are_left_to_right() -> None:
    html = render(f"{ARABIC} `a.b` @bob https://example.org [{HEBREW}](https://example.org)").html

    assert '<code dir="ltr">a.b</code>' in html
    assert '<a href="/m/bob" class="mention" dir="ltr" ' in html
    assert '<a href="https://example.org" dir="ltr" rel=' in html
    assert f'<a href="https://example.org" rel="nofollow ugc noopener">{HEBREW}' in html


def test_text_without_right_to_left_letters_stays_as_it_is() -> None:
    html = render("# A\n\n> b\n\n- \u4e2d\u6587\n\n|\u00e9|\n|-|\n|\u0e01|").html

    assert "dir=" not in html and set_directions(html) == html


def test_the_sanitizer_keeps_directions() -> None:
    html = render(f"> {ARABIC}\n\nEnglish `x` @bob https://example.org\n\n- {HEBREW}", topic=1).html

    assert sanitize(html) == html and html.count("dir=") >= 5


def test_mails_have_directions_too() -> None:
    html = render_mail(f"{ARABIC}\n\nOn Monday, Ana wrote:\n> English\n> \n> {HEBREW}\n").html

    assert outline(html) == ["p rtl", "details ltr", "summary", "blockquote", "p", "p rtl"]


def test_plain_text_without_letters_has_no_direction() -> None:
    assert direction_of("2026, 5 % \u2192 https://example.org") is None
    assert (direction_of(f"1. {ARABIC}"), direction_of("a")) == ("rtl", "ltr")


def test_hostile_texts_are_read_once() -> None:
    for text in (
        "\u0627\n\n",
        "- \u0627\n",
        "> \u0627\n\na\n\n",
        "\u0627`a` ",
        "@\u0627 ",
        "2",
        "//\u0627",
        "&amp;",
    ):
        set_directions(f"<p>{text * (LENGTH // len(text))}\u0627</p>")


async def test_a_quotation_begins_on_the_side_of_its_words(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina, body=f"{ARABIC} {HEBREW}"))["id"]
    first = (await amina.get(f"/topics/{topic}/posts")).json()["items"][0]

    answer = await a_reply(jonas, topic, quoting(first, HEBREW))

    assert '<blockquote class="quote" dir="rtl"><p class="of"><a href="/p/' in answer["html"]
    assert first["html"].startswith('<p dir="rtl">')

"""Tests of mails as HTML: footers, forwarded mails, code, tables, and prose that was wrapped by hand."""

import pytest

from forum.text.mail_footers import split_footer
from forum.text.markdown import render_mail, sanitize
from tests.forum.processor_time import least_seconds

RULE = "_" * 47
BEGIN, END = "---------- Forwarded message ----------", "---------- End of forwarded message ----------"
PROSE = (
    "The smelter answered our questions about the origin of the ore in\n"
    "three letters, and the last of them names the mine. We will visit\n"
    "it in May with two auditors from the region.\n"
)


@pytest.mark.parametrize(
    "footer",
    [
        f"{RULE}\nSourcing mailing list\nSourcing@lists.example.org\nhttps://lists.example.org/mailman/listinfo/sourcing",
        '-- \nYou received this message because you are subscribed to the Google Groups "Sourcing".\nTo unsubscribe …',
        f"{RULE}\nSourcing -- sourcing@example.org\nTo unsubscribe send an email to sourcing-leave@example.org",
        f"{RULE}\nListe de diffusion Sourcing\nPour vous désabonner : https://example.org/sympa",
        f"{'-' * 30}\nLista de discussão\nhttps://example.org",
        f"{RULE}\n退订: https://example.org",
    ],
)
def test_footers_of_lists_are_dimmed(footer: str):
    html = render_mail(
        f"My words.\n\n-- \nJo\n\n{footer}\n\n[map.png: attached to the mail, not kept here]"
    ).html

    assert html.startswith("<p>My words.</p>")
    assert html.count('<div class="signature">') == 2
    assert html.index("map.png") < html.rindex('<div class="signature">')
    assert split_footer(f"My words.\n\n{footer}") == ("My words.", footer)


@pytest.mark.parametrize(
    "text",
    [
        "We discuss the mailing list tomorrow.",
        f"Above\n{RULE}\nBelow a rule of our own.",
        f"> {RULE}\n> Sourcing mailing list",
        "Words\n\n" + RULE + "\nmailing list\n" + "and much more text\n" * 20,
    ],
)
def test_what_is_no_footer_stays(text: str):
    assert split_footer(text) == (text, "")


def test_prose_that_was_wrapped_by_hand_flows():
    html = render_mail(f"Dear all,\nthis is new.\n\n{PROSE}").html

    assert html.count("<br>") == 1
    assert "<p>Dear all,<br>this is new.</p>" in html
    assert "of the ore in\nthree letters" in html


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        # The line ends early, although the next word had room.
        (PROSE + "\nRegards from the office,\nJo", 1),
        # Items begin lines; what continues an item flows.
        (
            "- The smelter answered our questions about the origin of the ore\n"
            "  in three letters, and the last of them names the mine that we\n  visit.\n- Nothing else.",
            1,
        ),
        ("1. one\n2. two\n3. three", 2),
        ("An attachment that was not text was removed from this mail...\nName: not available\nSize: 17", 2),
        (PROSE + "\nOn Thursday, the fifth of February 2015, at nine, Ana Example wrote:\nWe begin", 1),
        (
            "A line of more than a hundred characters is not wrapped by hand, "
            + "and so on " * 6
            + "\nThe end",
            1,
        ),
        # Verses.
        ("A short line\nand another\nand a third", 2),
    ],
)
def test_lines_that_their_author_ended_stay(text: str, breaks: int):
    assert render_mail(text).html.count("<br>") == breaks


def test_quoted_prose_flows_as_well():
    html = render_mail("Ana wrote:\n" + "".join(f"> {line}\n" for line in PROSE.splitlines())).html

    assert "<br>" not in html
    assert "<blockquote><p>The smelter" in html


def test_fenced_code_and_tables_are_markdown():
    html = render_mail(
        "See:\n\n```python\nfor x in y:\n\n    print(x)  # <b>\n```\n\n| a | b |\n|---|---|\n| 1 | ![x](http://x.org/p) |\n"
    ).html

    assert '<pre><code class="language-python">' in html
    assert "&lt;b&gt;" in html
    assert "<table>" in html and "<th>a</th>" in html
    assert "<img" not in html
    assert sanitize(html) == html


def test_links_of_markdown_are_links():
    html = render_mail("See [the list](https://example.org/list) and [this](javascript:x).").html

    assert '<a href="https://example.org/list" rel="nofollow ugc noopener">the list</a>' in html
    assert "[this](javascript:x)" in html


@pytest.mark.parametrize(
    "text", ["```\nnever closed", "a | b\nc | d", "** bold? **", "2**3**4", "# a comment\n#!/bin/sh"]
)
def test_what_is_not_clearly_markdown_is_shown_as_it_was_written(text: str):
    html = render_mail(text).html

    assert not any(tag in html for tag in ("<code", "<table", "<strong", "<h"))
    assert all(word in html for word in text.split())


def test_an_enclosed_mail_is_shown_with_its_author_and_ends():
    inner = f"{BEGIN}\nFrom: Ben\n\nHis words.\n{END}"
    html = render_mail(
        "See:\n\n---------- Forwarded message ----------\nFrom: Ann\nDate: Tue\nSubject: Ore\n\nHer words.\n\n"
        f"{inner}\n---------- End of forwarded message ----------\n\nBye."
    ).html

    assert '<details class="quoted" open=""><summary>Ann · Tue · Ore</summary><p>Her words.</p>' in html
    assert "<summary>Ben</summary><p>His words.</p>" in html
    assert html.endswith("</details>\n</details>\n<p>Bye.</p>\n")


@pytest.mark.parametrize(
    "separator",
    [
        "----- Original Message -----",
        "-------- Weitergeleitete Nachricht --------",
        "-----原始邮件-----",
        f"{RULE}\nFrom: Ann",
    ],
)
def test_what_is_forwarded_as_text_is_collapsed(separator: str):
    html = render_mail(f"Yes.\n\n{separator}\nSubject: x\n\nold words").html

    assert html.startswith('<p>Yes.</p>\n<details class="quoted">')


@pytest.mark.parametrize(
    "line", ["2020年3月3日，Ana 写道：", "Den 3 mars skrev Ana:", "В среду Ana пишет:", "في 3 مارس كتب Ana:"]
)
def test_the_line_above_a_quote_is_known_in_many_languages(line: str):
    assert f"<summary>{line}</summary>" in render_mail(f"{line}\n> old").html.replace(' dir="rtl"', "")


@pytest.mark.parametrize(
    "unit",
    [
        "```a\n",
        "```\n",
        "a|b\n-|-\n",
        "---------- Forwarded message ----------\n",
        "---------- Forwarded message ----------\nFrom: a\n\n---------- End of forwarded message ----------\n",
        f"{RULE}\nmailing list\n",
        "[a](http://b.c) ",
        "- a\n",
        "> a\n",
        "--\n",
    ],
)
def test_hostile_mails_are_rendered_in_less_than_a_second(unit: str):
    text = (unit * 100_000)[:100_000]

    assert least_seconds(lambda: render_mail(text)) < 1
    assert len(render_mail(text).html) < 40 * len(text)


def test_the_mail_that_outlook_quotes_without_a_rule_is_collapsed():
    for head in (
        "From: Ana\nSent: Tuesday\nTo: Ben\nSubject: X",
        "发件人: Ana\n发送时间: 2020年\n收件人: Ben\n主题: X",
    ):
        page = render_mail(f"Mine.\n\n{head}\n\nHer words.")
        assert page.html.startswith("<p>Mine.</p>\n<details"), head
        assert "Her words." in page.html.partition("<details")[2]
    own = render_mail("Mine.\n\nFrom: the station you walk.\nThen left.")
    assert "<details" not in own.html


def test_the_line_above_a_quotation_belongs_to_it_in_japanese_and_chinese_programs():
    assert "<summary>2020年3月3日" in render_mail("私\n\n2020年3月3日(火) 10:00 Ana <a@…>:\n> 彼女").html


def test_drawn_tables_and_changes_of_files_keep_their_shape():
    table = "+---+----+\n| a | bb |\n+---+----+\n| 1 | 22 |\n+---+----+"
    change = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new"
    for text in (table, change):
        assert render_mail(text).html == f"<pre>{text}</pre>\n"
    assert "<pre>" not in render_mail("| quoted with a bar\n| and more\nmine").html

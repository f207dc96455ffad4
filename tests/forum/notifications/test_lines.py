"""Lines of the inbox and of digests: who did what in one sentence, also of several people and without a name."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from core.languages.languages import all_languages
from core.languages.texts import speaking
from forum.notifications.digest_body import DigestBody
from forum.notifications.lines import Line, group_lines, name_of, sentence_of
from forum.notifications.shapes import Notification
from members.emails.emails import OutgoingEmail
from members.emails.translations import translations_for
from members.shapes import Author
from tertulia.mail.message import write_message

ADA, BOB, CLEO = (Author(id, name.lower(), name) for id, name in ((1, "Ada"), (2, "Bob"), (3, "Cleo")))
NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


def told(
    number: int, by: Author | None, kind: str = "reply", because: str | None = "topic", topic: int = 7
) -> Notification:
    return Notification(
        id=number, kind=kind, reason="You watch this topic.", by=by, because=because, topic=topic, title="Tin", post=number,
        decision=None, gathering=None, starts_at=None, number=number, excerpt="Yes.", told_at=NOON, is_read=number < 3,
        is_done=False,
    )  # fmt: skip


def said(line: Line) -> str:
    return sentence_of(line, name_of(line), line.latest.title, line.latest.reason)


def all_lines(*items: Notification) -> list[Line]:
    return [line for group in group_lines(items) for line in group]


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        ([ADA], "Ada replied in Tin"),
        ([ADA, ADA, ADA], "Ada replied in Tin"),
        ([ADA, BOB], "Ada and 1 other replied in Tin"),
        ([ADA, BOB, CLEO, BOB], "Ada and 2 others replied in Tin"),
        ([None], "Somebody replied in Tin"),
        ([None, BOB, None], "Bob and 1 other replied in Tin"),
    ],
)
def test_several_replies_in_a_topic_are_one_line(people: Sequence[Author | None], sentence: str) -> None:
    (line,) = all_lines(*[told(9 - at, by) for at, by in enumerate(people)])
    assert said(line) == sentence


def test_the_plural_is_that_of_the_language() -> None:
    many = [Author(number, f"m{number}", "Ada") for number in range(1, 7)]
    with speaking(all_languages()["ar"]):
        few, more = (said(all_lines(*[told(one.id, one) for one in many[:count]])[0]) for count in (3, 6))
        assert few.replace("٢", "#").replace("2", "#") != more.replace("٥", "#").replace("5", "#")
        assert "Ada" in few and "Tin" in few


def test_what_is_told_differently_has_a_line_of_its_own() -> None:
    groups = group_lines(
        [
            told(5, ADA, because="answers_you"),
            told(4, BOB, "mentioned", "mentions_you", topic=8),
            told(3, BOB, "posted", "tag"),
            told(2, CLEO),
        ]
    )
    assert [[said(line) for line in group] for group in groups] == [
        ["Ada replied to you in Tin", "Bob and 1 other replied in Tin"],
        ["Bob mentioned you in Tin"],
    ]


def test_a_line_opens_the_first_unread_post() -> None:
    (line,) = all_lines(told(5, ADA), told(4, ADA), told(1, ADA))
    assert (line.target.id, line.latest.id, line.is_read) == (4, 5, False)
    (line,) = all_lines(told(2, ADA), told(1, ADA))
    assert (line.target.id, line.is_read) == (2, True)


def test_a_reason_is_shown_only_if_the_sentence_does_not_say_it() -> None:
    assert all_lines(told(5, ADA))[0].reason == "You watch this topic."
    assert all_lines(told(5, ADA, because="answers_you"))[0].reason == ""


def test_who_accepted_an_answer_and_is_gone_is_told_by_the_reason() -> None:
    assert said(all_lines(told(5, None, "accepted", "accepted"))[0]) == "You watch this topic."
    assert said(all_lines(told(5, ADA, "accepted", "accepted"))[0]) == "Ada accepted your answer in Tin"


URL = "https://forum.example"
NASTY = Author(9, "nasty", '<img src="https://evil.example/x">')
LINKS = [(f"Stop e-mails: {URL}/mail/stop/x", f"{URL}/mail/stop/x")]


def body_of(*lines: Line, language: str = "en") -> DigestBody:
    return DigestBody(translations_for(language), "UTC", URL, lines)


def lines_of(*people: Author | None) -> list[Line]:
    (group,) = group_lines([told(9 - at, one) for at, one in enumerate(people)])
    return group


def test_several_replies_are_one_sentence_and_each_post_is_linked() -> None:
    text = body_of(*lines_of(ADA, BOB)).text()
    assert text.startswith("Ada and 1 other replied in Tin\nYou watch this topic.\n\n")
    assert text.index(f"{URL}/p/8") < text.index(f"{URL}/p/9"), "the earliest first"
    assert text.count("Yes.") == 2


def test_the_html_says_the_same_and_links_to_the_same() -> None:
    body = body_of(*lines_of(ADA, BOB))
    page = body.html("Tin (The Community)", "Hello Cleo,", LINKS, "The Community")
    words = re.sub(r"<title>.*?</title>|<[^>]+>", "", page)
    assert (
        "Ada and 1 other replied in Tin" in words
        and "You watch this topic." in words
        and "Hello Cleo," in words
    )
    plain = body.text()
    assert set(re.findall(rf"{URL}/p/\d+", page)) == set(re.findall(rf"{URL}/p/\d+", plain))
    assert f'<a href="{URL}/mail/stop/x">' in page
    assert '<html lang="en" dir="ltr">' in page and 'aria-hidden="true"' in page and ">A</div>" in page


def test_a_name_can_add_no_html_and_nothing_is_loaded() -> None:
    page = body_of(*lines_of(NASTY, None)).html("<b>", "<i>", LINKS, "<u>")
    assert not re.search(r"<(?:img|link|script|style)|url\(", page)
    assert "&lt;img src=" in page and "<i>" not in page and "<u>" not in page


def test_a_title_in_a_reason_can_add_no_html() -> None:
    # Who accepted the answer has left, so the reason is the sentence.
    gone = replace(told(5, None, "accepted", "accepted"), reason="Accepted: <img src=//evil.example>.")
    page = body_of(*all_lines(gone)).html("Tin", "Hello", LINKS, "The Community")
    assert "Accepted: &lt;img src=//evil.example&gt;." in page and "<img" not in page


def test_an_arabic_digest_runs_from_right_to_left() -> None:
    page = body_of(*lines_of(ADA), language="ar").html("Tin", "مرحبًا", LINKS, "The Community")
    assert '<html lang="ar" dir="rtl">' in page and all_languages()["ar"].direction == "rtl"
    assert "رد من <b><bdi>Ada</bdi></b> في" in page


def test_the_message_has_both_forms() -> None:
    email = OutgoingEmail("ada@mail.example", "Tin", "Words\n", html="<p>Words</p>\n")
    message = write_message(email, "forum@forum.example")
    assert message.get_content_type() == "multipart/alternative" and message["Content-Language"] == "en"
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain and html and plain.get_content() == "Words\n" and html.get_content() == "<p>Words</p>\n"
    assert (
        write_message(OutgoingEmail("a@b.example", "T", "W"), "f@g.example").get_content_type()
        == "text/plain"
    )

"""The body of a digest: one sentence for each line, the same in plain text and in HTML, and nothing to load."""

import re

from core.languages.languages import all_languages
from forum.notifications.digest_body import DigestBody
from forum.notifications.lines import Line, group_lines
from members.emails.emails import OutgoingEmail
from members.emails.translations import translations_for
from members.shapes import Author
from tertulia.mail.message import write_message
from tests.forum.notifications.test_lines import ADA, BOB, told

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


def test_an_arabic_digest_runs_from_right_to_left() -> None:
    page = body_of(*lines_of(ADA), language="ar").html("Tin", "مرحبًا", LINKS, "The Community")
    assert '<html lang="ar" dir="rtl">' in page and all_languages()["ar"].direction == "rtl"
    assert "رد من <b><bdi>Ada</bdi></b> في" in page


def test_the_message_has_both_forms() -> None:
    email = OutgoingEmail("ada@mail.example", "Tin", "Words\n", html="<p>Words</p>\n")
    message = write_message(email, "forum@forum.example", "The Community")
    assert message.get_content_type() == "multipart/alternative" and message["Content-Language"] == "en"
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain and html and plain.get_content() == "Words\n" and html.get_content() == "<p>Words</p>\n"
    assert (
        write_message(OutgoingEmail("a@b.example", "T", "W"), "f@g.example", "C").get_content_type()
        == "text/plain"
    )

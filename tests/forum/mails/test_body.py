"""Tests of the text of mails: which parts are read, how, and what is named instead."""

import pytest

from tests.forum.processor_time import least_seconds
from tests.support.archives.mails import a_mail, html, parts, plain, read, whats

MIXED = 'Content-Type: multipart/mixed; boundary="B"'
ALTERNATIVE = 'Content-Type: multipart/alternative; boundary="B"'


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("Hello all,\n\nThe audit is on Monday.", "Hello all,\n\nThe audit is on Monday."),
        # The label names another delimiter.
        (parts(plain("Hello"), boundary="other"), "Hello"),
        ("--B\n" + plain("Never closed"), "Never closed"),
        ("--B--\n\nAfter the end", "After the end"),
        (parts(plain("One")) + "\nTwo", "One\n\nTwo"),
        (parts(plain("One")) + "\n--B\n" + plain("Two"), "One\n\nTwo"),
        (parts("\nNo header at all"), "No header at all"),
        (
            parts("Content-Type: multipart/mixed; boundary=B\n\nSame delimiter", plain("Two")),
            "Same delimiter\n\nTwo",
        ),
    ],
)
def test_parts_are_found_where_they_are_and_no_text_is_lost(body: str, kept: str):
    assert read(a_mail(body, MIXED)).text == kept


@pytest.mark.parametrize(
    "field",
    [
        "Content-Type: multipart/mixed",
        "Content-Type: multipart/related; boundary=",
        "Content-Type: multipart",
        "X: y",
    ],
)
def test_a_multipart_without_a_label_is_still_one(field: str):
    body = "This is a multi-part message in MIME format.\n" + parts(plain("Hello"), html("<p>Hello</p>"))

    assert read(a_mail(body, field)).text == "Hello"


def test_a_multipart_that_was_encoded_as_a_whole_is_read():
    body = "LS1CCkNvbnRlbnQtVHlwZTogdGV4dC9wbGFpbgoKSGVsbG8KLS1CLS0K"

    assert read(a_mail(body, MIXED, "Content-Transfer-Encoding: base64")).text == "Hello"


@pytest.mark.parametrize(
    ("contents", "kept"),
    [
        ((plain("Plain words"), html("<p>Plain words</p>")), "Plain words"),
        ((html("<p>Only here</p>"), plain("")), "Only here"),
        (
            (plain("Please use a browser."), html("<p>" + "many words " * 40 + "</p>")),
            ("many words " * 40).strip(),
        ),
        ((plain("Come"), "Content-Type: text/calendar\n\nBEGIN:VCALENDAR\nEND:VCALENDAR"), "Come"),
        (
            (
                "Content-Type: text/enriched\n\n<bold>Now</bold>\n\nor <<never>",
                "Content-Type: text/x-amp-html\n\nx",
            ),
            "Now\nor <never>",
        ),
    ],
)
def test_one_of_several_forms_is_chosen(contents: tuple[str, ...], kept: str):
    text = read(a_mail(parts(*contents), ALTERNATIVE)).text

    assert text.partition("\n\n[")[0] == kept


@pytest.mark.parametrize(
    ("body", "fields", "kept"),
    [
        (parts(plain("Hi")), ["Content-Type: text/plain", MIXED], "Hi"),
        (parts(plain("Hi")), ["Content-Type: text/plain"], "Hi"),
        # The first delimiter is missing.
        (plain("Hi") + "\n" + parts(html("<p>x</p>")), [MIXED], "Hi\n\nx"),
        (
            "Words of mine\nabove the parts.\n" + parts(plain("Hi")),
            [MIXED],
            "Words of mine\nabove the parts.\n\nHi",
        ),
        (
            "--B\nContent-Type: multipart/alternative; boundary=BB\n\n"
            + f"--BB\n{plain('Hi')}\n--B\n{plain('Two')}\n--B--",
            [MIXED],
            "Hi\n\nTwo",
        ),
        # Two languages are no two forms of one text.
        (
            parts(plain("English words"), plain("Mots français")),
            [ALTERNATIVE],
            "English words\n\nMots français",
        ),
        ("Words of text", ["Content-Type: application/octet-stream"], "Words of text"),
        ("Words", ["Content-Type: plain/text"], "Words"),
        ("One\n\nTwo", ["Content-Type: text/html"], "One\n\nTwo"),
        ("<html><p>One</p><p>Two</p></html>", ["Content-Type: text/plain"], "One\n\nTwo"),
        (
            "Hi, <<b>\n<excerpt>her words</excerpt>\nmine",
            ["Content-Type: text/enriched"],
            "Hi, <b>\n> her words\nmine",
        ),
    ],
)
def test_a_mail_is_read_by_its_content(body: str, fields: list[str], kept: str):
    assert read(a_mail(body, *fields)).text == kept


def test_an_invitation_without_words_says_what_it_is_about():
    event = "SUMMARY:Audit of\n  the smelter\nDTSTART;TZID=x:20200303T100000\nLOCATION:Room 5"
    event += "\nDESCRIPTION:Bring it\\, please\\nJo"
    mail = read(
        a_mail(
            f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR",
            "Content-Type: text/calendar",
        )
    )

    assert mail.text == (
        "Audit of the smelter\n2020-03-03 10:00\nRoom 5\nBring it, please\nJo\n\n"
        "[text/calendar: attached to the mail, not kept here]"
    )


def test_an_encrypted_mail_names_what_is_left_out():
    body = "-----BEGIN PGP MESSAGE-----\n\nabc def\n-----END PGP MESSAGE-----"
    mail = read(a_mail(body, "Content-Type: application/octet-stream; name=encrypted.asc"))

    assert mail.text == "[encrypted.asc: attached to the mail, not kept here]"


def test_every_text_of_a_mixed_mail_is_kept_once():
    body = parts(plain("First"), html("<p>Second</p>"), html("<p>First</p>"), plain("Third"))
    mail = read(a_mail(body, MIXED))

    assert mail.text == "First\n\nSecond\n\nThird"
    assert whats(mail) == ["html only", "same text again as HTML"]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('Content-Type: text/x-vcard; name="jo.vcf"', "jo.vcf"),
        ("Content-Type: text/calendar; name=a.ics", "a.ics"),
        ("Content-Type: text/plain\nContent-Disposition: attachment; filename=notes.txt", "notes.txt"),
        ("Content-Type: image/png\nContent-Disposition: inline; filename*=utf-8''%E9%93%9C.png", "铜.png"),
        ('Content-Type: application/pdf; name="=?utf-8?Q?=E9=93=9C.pdf?="', "铜.pdf"),
        ("Content-Type: application/x-tar", "application/x-tar"),
    ],
)
def test_what_is_no_body_is_named_and_left_out(header: str, name: str):
    mail = read(a_mail(parts(plain("Hello"), f"{header}\n\nTEL:+000 170 1234567"), MIXED))

    assert mail.text == f"Hello\n\n[{name}: attached to the mail, not kept here]"
    assert [(r.what, r.detail.partition(" (")[0]) for r in mail.repairs] == [("attachment left out", name)]


def test_text_that_is_declared_an_attachment_is_read_if_there_is_no_other():
    mail = read(a_mail("Hello", "Content-Disposition: attachment; filename=body.txt"))

    assert (mail.text, whats(mail)) == ("Hello", [])


@pytest.mark.parametrize(
    ("kind", "content", "is_kept"),
    [
        ("message/partial; number=2; id=x", "and this is the second half\nof the words.", True),
        ("message/delivery-status", "This mail came back because\nthe box was full.", True),
        ("message/delivery-status", "Reporting-MTA: dns; x.example.org\nStatus: 5.0.0", False),
        ("message/partial; number=2; id=x", "AAAA\nBBBB\nCCCC", False),
    ],
)
def test_parts_about_mails_are_read_if_they_are_words(kind: str, content: str, is_kept: bool):
    text = read(a_mail(parts(plain("Hello"), f"Content-Type: {kind}\n\n{content}"), MIXED)).text

    assert text == f"Hello\n\n{content}" if is_kept else "attached to the mail" in text


def test_forwarded_mails_keep_who_said_what():
    inner = "Content-Type: message/rfc822\n\nFrom: =?utf-8?Q?L=C3=B3pez?= <lo@example.org>\nSubject: Cobalt\n\nHer words."
    mail = read(a_mail(parts(plain("See below."), inner, plain("Bye.")), MIXED))

    assert mail.name == "Jo"
    assert mail.text == (
        "See below.\n\n---------- Forwarded message ----------\nFrom: López\nSubject: Cobalt\n\nHer words.\n"
        "---------- End of forwarded message ----------\n\nBye."
    )


@pytest.mark.parametrize(
    "body",
    [
        "--B\n" * 200_000,
        "--B\nContent-Type: multipart/mixed; boundary=B\n\n" * 20_000,
        "".join(f"--B{i}\nContent-Type: multipart/mixed; boundary=B{i + 1}\n\n" for i in range(5_000)),
        "--B\nContent-Type: message/rfc822\n\n" * 20_000,
        "x: y\n" * 200_000,
        "> " * 500_000,
        "--B\nContent-Type: text/html\n\n" + "<blockquote>" * 100_000,
        "--B\nContent-Type: text/html\n\n" + "<a href='https://x.org' title=\"" * 50_000,
        "--B\nContent-Type: text/html\n\n" + "<" * 1_000_000,
        "--B\nContent-Type: text/html\n\n" + "<!--" * 250_000,
        "--B\nContent-Type: text/html\n\n" + "<pre>\n" * 150_000,
        "--B\nContent-Type: text/plain; format=flowed\n\n" + " \n" * 500_000,
        "--B\nContent-Type: text/plain; charset=iso-2022-jp\n\n" + "\x1b$B" * 300_000,
        "--B\nContent-Type: text/plain; charset=iso-2022-jp\n\n" + "\x1b$BD4\x1b(Ba" * 60_000,
        "--B\nContent-Type: text/plain; charset=euc-jp\n\n" + "é" * 500_000,
        "begin 644 x\n" * 100_000,
        "=ybegin size=1 name=x\n" * 60_000,
        "--B\nContent-Type: text/html\n\n" + "<td><p>x" * 100_000,
        "--B\nContent-Type: text/html\n\n" + "<div style='display:none'>" * 30_000,
        "--B\nContent-Type: text/html\n\n" + "<div style='border-left:solid'>x" * 30_000,
        ("--B\nContent-Type: text/html\n\n" + "<p>" * 40_000) * 10,
        "--B\nContent-Type: text/enriched\n\n" + "<excerpt>a\n\n" * 30_000,
        "a@b." * 250_000,
    ],
)
def test_hostile_mails_cost_less_than_a_second(body: str):
    mail = a_mail(body, 'Content-Type: multipart/mixed; boundary="B"')

    assert least_seconds(lambda: read(mail)) < 1


def test_a_line_of_many_delimiters_is_read_once():
    # A search that begins again at each of them takes minutes.
    assert read(a_mail("--B" * 2_000_000, MIXED)).text.startswith("--B--B")


def test_line_ends_of_any_kind_end_lines():
    for end in (b"\n", b"\r\n", b"\r"):
        mail = read(a_mail("One\n\nTwo").replace(b"\n", end))
        assert (mail.address, mail.text) == ("jo@example.org", "One\n\nTwo")


def test_a_mail_that_is_attached_as_a_file_is_read():
    inner = (
        "Content-Type: application/octet-stream; name=fwd.eml\n\nFrom: Ann <ann@example.net>\n\nHer words."
    )
    text = read(a_mail(parts(plain("See."), inner), MIXED)).text

    assert "From: Ann\n\nHer words." in text


def test_text_above_parts_that_nothing_announces_is_text():
    body = "My words, and below them a multi-part of old.\n" + parts(plain("Quoted"))

    assert read(a_mail(body)).text == "My words, and below them a multi-part of old.\n\nQuoted"


def test_blank_lines_above_the_header_are_left_out():
    assert read(b" \t \r\n\n" + a_mail("Hello")).address == "jo@example.org"


def test_the_first_piece_of_a_divided_mail_is_read():
    body = "From: Ann <ann@example.net>\nSubject: Long\n\nThe first"
    text = read(a_mail(body, "Content-Type: message/partial; number=1; total=2; id=x")).text

    assert "The first" in text
    assert "From: Ann" in text

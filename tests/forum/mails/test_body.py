"""Tests of the text of mails: which parts are read, how, and what is named instead."""

import time
from binascii import b2a_uu

import pytest

from tests.support.archives.mails import a_mail, read, whats

MIXED = 'Content-Type: multipart/mixed; boundary="B"'
ALTERNATIVE = 'Content-Type: multipart/alternative; boundary="B"'
HTML = "Content-Type: text/html; charset=utf-8"


def parts(*contents: str, boundary: str = "B") -> str:
    """Return a multipart body; each part begins with its header."""
    return "".join(f"--{boundary}\n{content}\n" for content in contents) + f"--{boundary}--\n"


def plain(text: str, more: str = "") -> str:
    return f"Content-Type: text/plain; charset=utf-8{more}\n\n{text}"


def html(text: str) -> str:
    return f"{HTML}\n\n{text}"


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


def test_an_encrypted_mail_names_what_is_left_out():
    body = "-----BEGIN PGP MESSAGE-----\n\nabc def\n-----END PGP MESSAGE-----"
    mail = read(a_mail(body, "Content-Type: application/octet-stream; name=encrypted.asc"))

    assert mail.text == "[encrypted.asc: attached to the mail, not kept here]"


def test_a_signed_text_is_kept_without_its_signature():
    body = (
        "Above.\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nWords.\n- -- \nJo\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQEcBAEBAgAGBQJ\n-----END PGP SIGNATURE-----\nBelow."
    )
    mail = read(a_mail(body))

    assert mail.text == "Above.\nWords.\n-- \nJo\nBelow."
    assert whats(mail) == ["signature left out"]
    unsigned = body.partition("-----BEGIN PGP SIGNATURE")[0].strip()
    assert read(a_mail(unsigned)).text == unsigned


UU = "begin 644 map.png\n" + b2a_uu(b"picture").decode()


@pytest.mark.parametrize(
    "file",
    [
        UU + "`\nend",
        UU + " \nend",
        (UU + b2a_uu(b"more").decode() * 3).rstrip(),
        "begin-base64 644 map.png\ncGljdHVyZQ==\n====",
        "=ybegin line=128 size=3 name=map.png\nabc\n=yend size=3",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_within_the_text_are_named(file: str, end: str):
    mail = read(a_mail(f"See\n{file}\nBye".replace("\n", end)))

    assert mail.text == "See\nBye\n\n[map.png: attached to the mail, not kept here]"


def test_words_that_begin_with_begin_are_words():
    for text in ("begin 644 work on this\nand go on\nend", "begin 644 x\nend of it", "begin\nend"):
        assert read(a_mail(text)).text == text


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
    ("label", "body", "kept"),
    [
        ("Quoted-Printable ", "Z=C3=BCrich", "Zürich"),
        ("quoted-printable; x=y", "Z=C3=BC=\nrich", "Zürich"),
        ("BASE64", "WsO8cmljaA==", "Zürich"),
        ("base64", "WsO8cmljaA==\n\n____________\nThe list", "Zürich\n\n____________\nThe list"),
        ("base64", "Not encoded at all!", "Not encoded at all!"),
        ("base64", "Hello", "Hello"),
        ("base64", "Thanks\nAnna", "Thanks\nAnna"),
        ("base64", "WsO8!!cmlja!A==", "Zürich"),
        ("base64", "WsO8cmljaA==\nWsO8cmljaA==", "ZürichZürich"),
        ("base64", "WsO8cmljaCBpcyB3", "Zürich is w"),
        ("quoted-printable", "Z=c3=bcri=  \nch", "Zürich"),
        ("7bit", "Z=C3=BCri=\nch", "Zürich"),
        ("7bit", "a=b and c=C3, x == y", "a=b and c=C3, x == y"),
        (
            "8bit",
            "V29yZHMgb2YgYSBtYWlsIHdob3NlIGxhYmVsIG9mIHRoZSBlbmNvZGluZyBpcyB3cm9uZywgc28g\ndGhhdCBsaW5lcyBhcmUgbGVmdC4=",
            "Words of a mail whose label of the encoding is wrong, so that lines are left.",
        ),
        ("x-nonsense", "Zürich", "Zürich"),
        ("x-uuencode", "begin 644 a\n" + b2a_uu("Zürich".encode()).decode() + "`\nend", "Zürich"),
    ],
)
def test_transfer_encodings_are_read_as_they_are_written(label: str, body: str, kept: str):
    mail = read(
        a_mail(body, "Content-Type: text/plain; charset=utf-8", f"Content-Transfer-Encoding: {label}")
    )

    assert mail.text == kept


@pytest.mark.parametrize(
    ("more", "body", "kept"),
    [
        ("", "one \ntwo \nthree\n\n From here", "one two three\n\nFrom here"),
        ("", "> a \n> b\n>> c\nd", "> a b\n>> c\nd"),
        ("", "end \n-- \nJo", "end\n-- \nJo"),
        ("; delsp=yes", "供应 \n链", "供应链"),
        ("", "> > a \n> > b\n> c", ">> a b\n> c"),
        ("", "one \n\ntwo", "one\n\ntwo"),
        ("", "  two\nlines", " two\nlines"),
    ],
)
def test_flowed_text_has_one_line_a_paragraph(more: str, body: str, kept: str):
    assert read(a_mail(body, f"Content-Type: text/plain; charset=utf-8; format=flowed{more}")).text == kept


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        ("<p>Try this:</p><pre>for x in y:\n    print(x)\n</pre>", "Try this:\n\nfor x in y:\n    print(x)"),
        ("<ol><li>a<li>b<ul><li>c</ul></ol>", "1. a\n2. b\n  - c"),
        ("a &lt; b <c@d> &amp; &#8217;", "a < b & ’"),
        ("<p>x<blockquote>y<blockquote>z</blockquote></blockquote>", "x\n\n> y\n\n> > z"),
        ('<a title="a > b" href="https://x.org">x</a> <img alt="Map" src="cid:1">', "x <https://x.org> Map"),
        ("<title>t</title><style>p{}</style>a<script>b()</script>c", "ac"),
        ("one<br>two<!-- hidden --> <![if x]>three<![endif]>", "one\ntwo three"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("never <b closed", "never <b closed"),
        # What a reader does not see, and where it is not known what that is.
        ("a<span style='display: none'>x<span>y</span></span>b<p hidden>c<p>d", "ab\n\nd"),
        ("<div style='display:none'>never closed<p>words", "never closed\n\nwords"),
        ("<p style='white-space: pre-wrap'>a\n  b</p>c\nd", "a\n  b\n\nc d"),
        # Programs that mark quotations by a bar, and the mail that is answered by a rule.
        (
            "<div style='border:none;border-left:solid blue 1.5pt'>hers<div>too</div></div>mine",
            "> hers\n> too\n\nmine",
        ),
        ("mine<hr><b>From:</b> Ana", "mine\n" + "_" * 32 + "\nFrom: Ana"),
        # Cells, items and numbers as they are shown.
        ("<table><tr><td><p>A</p></td><td><p>B</p></td></tr><tr><td>C<td>D</table>", "A  B\nC  D"),
        ("<ul><li><p>a</p></li><li><div>b</div><p>c</p></li></ul>", "- a\n\n- b\n\nc"),
        ("<ol start=3><li>c<li>d</ol>", "3. c\n4. d"),
        ("10<sup>3</sup> t CO<sub>2</sub>, note<sup>a</sup>", "10³ t CO₂, notea"),
        ("<a href=https://x.org/y>x</a> <p>供应\n链</p>", "x <https://x.org/y>\n\n供应链"),
        ("<address>a</address><select><option>b<option>c</select>", "a\nb\nc"),
        ("<img src='data:image/svg+xml;utf8,<svg a=\"b\"><text>T</text></svg>'>After", "After"),
    ],
)
def test_html_is_read_as_text(page: str, kept: str):
    assert read(a_mail(page, HTML)).text == kept


def test_words_after_a_large_picture_inside_html_are_kept():
    page = '<p>Intro</p><img src="data:image/png;base64,' + "A" * 3_000_000 + '"><p>After</p>'

    assert read(a_mail(page, HTML)).text == "Intro\n\nAfter"


@pytest.mark.parametrize(
    "meta", ['<meta charset="gb2312">', "<meta http-equiv=x content='text/html; charset=GBK'>"]
)
def test_html_names_its_charset_itself(meta: str):
    assert read(a_mail(f"{meta}<p>供应链".encode("gbk"), "Content-Type: text/html")).text == "供应链"


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


def test_uuencoded_files_in_the_text_are_named():
    mail = read(a_mail("See\n\nbegin 644 map.png\n" + 'M"' + "A" * 59 + "\n`\nend\n\nBye"))

    assert "AAAA" not in mail.text
    assert "[map.png: attached to the mail, not kept here]" in mail.text
    assert "Bye" in mail.text


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
        "a@b." * 250_000,
    ],
)
def test_hostile_mails_cost_less_than_a_second(body: str):
    mail = a_mail(body, 'Content-Type: multipart/mixed; boundary="B"')
    start = time.thread_time()
    read(mail)

    assert time.thread_time() - start < 1


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

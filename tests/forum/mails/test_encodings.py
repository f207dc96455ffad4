"""Tests of encodings within mails: of parts, of wrapped lines, of files and signatures in the text."""

from binascii import b2a_uu

import pytest

from tests.support.archives.mails import a_mail, read, whats

UU = "begin 644 map.png\n" + b2a_uu(b"picture").decode()


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


def test_uuencoded_files_in_the_text_are_named():
    mail = read(a_mail("See\n\nbegin 644 map.png\n" + 'M"' + "A" * 59 + "\n`\nend\n\nBye"))

    assert "AAAA" not in mail.text
    assert "[map.png: attached to the mail, not kept here]" in mail.text
    assert "Bye" in mail.text

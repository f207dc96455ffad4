"""Tests of character sets: labels as browsers read them, UTF-8 first, and one U+FFFD for one bad byte."""

import pytest

from forum.mails.charsets import codec_for, decode
from tests.support.archives.mails import a_mail, read, whats


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("iso-8859-1", b"\x93due diligence\x94 costs \x8050\x85", "“due diligence” costs €50…"),
        ("us-ascii", b"caf\xe9", "café"),
        ("iso-8859-9", b"\xfe \x80", "ş €"),
        ("gb2312", "镕炼厂".encode("gbk"), "镕炼厂"),
        ("gbk", "㐀𠀀".encode("gb18030"), "㐀𠀀"),
        ("x-gbk", "龙".encode("gbk"), "龙"),
        ("shift_jis", "①髙橋㈱～".encode("cp932"), "①髙橋㈱～"),
        ("Shift-JIS", "①".encode("cp932"), "①"),
        ("ks_c_5601-1987", "똠방각하".encode("cp949"), "똠방각하"),
        ("euc-kr", "펲시콜라".encode("cp949"), "펲시콜라"),
        ("big5", b"\x87\x40", "䏰"),
        ("big5", "銅礦".encode("big5"), "銅礦"),
        ("euc-jp", b"\xad\xa1\xfc\xe2\xb9\xb6", "①髙攻"),
        ("iso-2022-jp", b"\x1b$BD4C#\x1b(B and \x1b$B-!\x1b(B end", "調達 and ① end"),
        ("iso-2022-jp", b"\x1b$BD4\x7f\x7fC#\x1b(B", "調\ufffd\ufffd達"),
        ("iso-2022-jp", b"\x1b(I1\x1b(B ok", "ｱ ok"),
        ("iso-2022-kr", "한국".encode("iso2022_kr"), "한국"),
        ("hz-gb-2312", "供应".encode("hz"), "供应"),
        ("utf-7", b"+ZbA-", "新"),
        ("utf-16", "né".encode("utf-16"), "né"),
        ("windows-1256", "معادن".encode("cp1256"), "معادن"),
        ("koi8-r", "медь".encode("koi8-r"), "медь"),
        ("us-ascii (a comment)", b"caf\xe9", "café"),
        ("'gbk'", "龙".encode("gbk"), "龙"),
        # UTF-8 first: these labels are wrong.
        ("iso-8859-1", "réunion".encode(), "réunion"),
        ("gb2312", "供应链".encode(), "供应链"),
        ("gb2312", "résumé".encode(), "résumé"),
        ("koi8-r", "медь".encode(), "медь"),
        ("utf-16", b"plain words", "plain words"),
        # ... and this one is right: the two bytes are also UTF-8.
        ("gb2312", "茅".encode("gbk"), "茅"),
        # One bad byte.
        ("utf-8", "responsável".encode() + b" \xff ouro \xc3\xa9", "responsável \ufffd ouro é"),
        ("utf-8", b"caf\xe9", "café"),
        ("gb2312", "供应".encode("gbk") + b"\xff" + "链".encode("gbk"), "供应\ufffd链"),
        ("", "мед".encode(), "мед"),
        ("x-unknown", b"caf\xe9", "café"),
        ("unicode-escape", rb"\u0041", rb"\u0041".decode()),
        ("", b"\x1b$BD4C#\x1b(B", "調達"),
        ("utf-8", b"\xef\xbb\xbfbom", "bom"),
    ],
)
def test_bytes_are_read_as_browsers_and_mail_programs_read_them(label: str, data: bytes, text: str):
    assert decode(data, label)[0] == text


@pytest.mark.parametrize(
    "label", ["punycode", "idna", "rot13", "base64", "zlib", "undefined", "mbcs", "", "8bit"]
)
def test_codecs_that_are_no_charsets_are_not_used(label: str):
    assert codec_for(label) == ""


def test_raw_headers_take_the_charset_of_the_body():
    title = "责任采购指南".encode("gbk").decode("utf-8", "surrogateescape")
    name = "张三".encode("gbk").decode("utf-8", "surrogateescape")
    mail = read(
        a_mail(
            "责任".encode("gbk"),
            f"Subject: {title}",
            "Content-Type: text/plain; charset=gb2312",
            sender=f"{name} <z@example.org>",
        )
    )

    assert (mail.subject, mail.name, mail.text) == ("责任采购指南", "张三", "责任")


def test_a_body_without_a_charset_takes_that_of_the_headers():
    mail = read(a_mail("责任采购".encode("gbk"), "Subject: =?gb2312?B?1PDIzg==?="))

    assert (mail.subject, mail.text) == ("责任", "责任采购")
    assert "charset" in whats(mail)


@pytest.mark.parametrize(
    ("field", "subject"),
    [
        (
            "Subject: Informe =?utf-8?Q?r=C3=A9sum=C3=A9?= de la\n =?utf-8?Q?reuni=C3=B3n?= de\n marzo",
            "Informe résumé de la reunión de marzo",
        ),
        ("Subject: =?utf-8?B?6LSj5Lu7?=\n =?utf-8?B?6YeH6LSt?=", "责任采购"),
        # A character divided between two words.
        ("Subject: =?utf-8?B?6LSj5Ls=?= =?utf-8?B?u+mHhw==?=", "责任采"),
        ("Subject: =?iso-8859-1*fr?Q?caf=E9?=", "café"),
        ("Subject: =?utf-8?Q?a b?= c", "a b c"),
        ("Subject: =?utf-8?B?YWJ?=", "ab"),
        ("Subject: 2 =?x=? 3", "2 =?x=? 3"),
        ("Subject: =?ISO-2022-JP?B?GyRCRDRDIxsoQg==?= x", "調達 x"),
        ("Subject: =?windows-1252?Q?=93q=94?=", "“q”"),
        ("Subject: a\n\tb", "a b"),
        ("Subject: =?utf-8?Q?a=0Ab=E2=80=AEc?=", "a bc"),
        ("Subject: =?utf-8?Q?=C2=93q=C2=94?=", "“q”"),
    ],
)
def test_encoded_words_are_decoded_after_the_header_is_unfolded(field: str, subject: str):
    assert read(a_mail("x", field)).subject == subject


def test_no_character_is_deleted_silently():
    mail = read(a_mail(b"a\x00b\x07c\x0cd\xc2\x92s", "Content-Type: text/plain; charset=utf-8"))

    assert mail.text == "a\ufffdb\ufffdc\nd’s"
    assert "control character" in whats(mail)

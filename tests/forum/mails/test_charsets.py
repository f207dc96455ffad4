"""Tests of character sets: labels as browsers read them, UTF-8 first, and one U+FFFD for one bad byte."""

import pytest

from forum.mails.charset_labels import codec_for
from forum.mails.charsets import decode
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
        # UTF-7, HZ and ISO-2022 where only a part is encoded, or nothing.
        ("utf-7", b"Hi +Jjo-! A+ImIDkQ.", "Hi ☺! A≢Α."),
        ("utf-7", b"1 + 1, C++ and +ZbA", "1 + 1, C++ and 新"),
        ("utf-7", "Réunion + x".encode(), "Réunion + x"),
        ("hz-gb-2312", b"~{<:Ky~}\nnext ~{VPND\nlost ~~", "己所\nnext 中文\nlost ~"),
        ("hz-gb-2312", "供应".encode("gbk"), "供应"),
        ("hz-gb-2312", "供应链".encode(), "供应链"),
        ("iso-2022-kr", "한국어".encode("cp949"), "한국어"),
        ("iso-2022-cn", b"\x1b$)A\x0e=;;;\x0f end", "交换 end"),
        ("iso-2022-jp", "責任ある".encode(), "責任ある"),
        ("iso-2022-jp", b"\x1b(J\\100\x1b(B", "¥100"),
        ("big5", b"5 \xa3\xe1 \xf9\xfe", "5 € ▓"),
        # Labels outside the standard, and odd spellings.
        ("latin-1", b"\x93q\x94", "“q”"),
        ("x-mac-ce", "ąćž ę".encode("mac-latin2"), "ąćž ę"),
        ("x-mac-greek", "χαλκός".encode("mac-greek"), "χαλκός"),
        ("x-mac-japanese", "①".encode("cp932"), "①"),
        ("win-1251", "медь".encode("cp1251"), "медь"),
        ("cp-850", "café".encode("cp850"), "café"),
        ("gb-2312", "供应".encode("gbk"), "供应"),
        ("windows-1252http-equivcontent-type", b"\x93q\x94", "“q”"),
        ("charset=utf-8", "né".encode(), "né"),
        ("x-user-defined", b"caf\xe9", "café"),
        # Wide characters with another byte order, without a mark, and with the mark of UTF-32.
        ("utf-16", "né ok".encode("utf-16-be"), "né ok"),
        ("utf-32", "né".encode("utf-32"), "né"),
        ("utf-8", "né ok".encode("utf-16-le"), "né ok"),
        ("gb18030", b"\x84\x31\x95\x33" + "né供".encode("gb18030"), "né供"),
        # UTF-8 that was cut, and surrogates that were encoded each.
        ("utf-8", "réunion café".encode()[:-1], "réunion caf\ufffd"),
        ("utf-8", b"\xed\xa0\xbd\xed\xb8\x80 x", "😀 x"),
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


LONGER = {
    "gb18030": "各位同事：\n请在下周一之前把冶炼厂的审核报告发给我们，谢谢大家的支持。",
    "cp932": "皆様\n来週の月曜日までに製錬所の監査報告書をお送りください。",
    "euc-jp": "皆様\n来週の月曜日までに製錬所の監査報告書をお送りください。",
    "cp1251": "Коллеги, пришлите, пожалуйста, отчёт об аудите завода.",
    "cp1256": "الزملاء الأعزاء، يرجى إرسال تقرير تدقيق المصهر",
}


@pytest.mark.parametrize("charset", LONGER)
@pytest.mark.parametrize("label", ["", "us-ascii", "iso-8859-1", "utf-8", "x-unknown"])
def test_a_text_whose_label_cannot_be_right_shows_its_charset_itself(charset: str, label: str):
    subject, *_ = LONGER[charset].split("\n")
    raw = subject.encode(charset).decode("utf-8", "surrogateescape")
    fields = [f"Content-Type: text/plain; charset={label}"] * bool(label)
    mail = read(a_mail(LONGER[charset].encode(charset), f"Subject: {raw}", *fields))

    assert (mail.text, mail.subject) == (LONGER[charset], subject)
    assert "charset" in whats(mail)


def test_a_text_of_western_europe_keeps_its_label():
    text = "Chers collègues, la réunion à Genève est reportée; très cordialement."
    mail = read(a_mail(text.encode("cp1252"), "Content-Type: text/plain; charset=iso-8859-1"))

    assert (mail.text, whats(mail)) == (text, [])

"""Plain text of mails: what is stored of it, how texts are compared, and what programs put into it besides words."""

import re
from collections.abc import Iterable
from hashlib import blake2b

from core.text import normalize
from forum.mails.lines import fix_c1

MAX_TEXT_LENGTH = 100_000

META_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]{0,200}?(?:charset|encoding)\s{0,9}=\s{0,9}["']?([\w:.-]{1,40})""", re.I
)
_FOLD = re.compile(r"\r?\n[ \t]")
_EVENT_PROPERTY = re.compile(
    r"^(SUMMARY|DTSTART|LOCATION|DESCRIPTION)(?:;[^:\n]{0,200})?:([^\n]*)", re.I | re.M
)
_EVENT_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)\d\d")
_ESCAPED = re.compile(r"\\(.)")
_NOTICE = re.compile(
    rb"mime[- ](?:formato?|message|encapsulated|aware|compliant|conform)|(?:format|formato|/) ?mime|im mime-format|"
    rb"\bmime\b|multi-?part(?:e|ie)? (?:message|mime|nachricht)|openpgp/mime|cryptographically signed",
    re.I,
)
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\u2028\u2029]")
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ADDRESS_IN_TEXT = re.compile(
    r"(?<![\w./:@+-])(?!git@)([\w.+-]{1,64}+)@(?:[A-Za-z0-9-]{1,63}\.){1,9}[A-Za-z]{2,18}(?![\w@-])"
)
# A rule of underscores is no word.
_WORD = re.compile(r"[^\W_]+")
_FIELD = re.compile(rb"[\w-]{1,60}:|[ \t]")
_NOT_COMPARED = b" \t\r\n>"
_NO_WORDS = bytes(code for code in range(128) if not chr(code).isalnum())


def clean_text(text: str) -> tuple[str, bool]:
    """Return a text as it is stored, and whether it had control characters; each of these becomes one U+FFFD.

    Line ends are `\\n`, the composed form is Unicode's (NFC), and addresses are shortened: spammers would collect them.
    """
    text = fix_c1(_LINE_ENDS.sub("\n", text.replace("\r\n", "\n")))
    text, controls = _CONTROL_CHARACTERS.subn("\ufffd", text)
    if "@" in text:
        lines = text.split("\n")
        text = "\n".join(_ADDRESS_IN_TEXT.sub("\\1@…", line) if "@" in line else line for line in lines)
    return normalize("NFC", text).strip("\n"), bool(controls)


def calendar_to_text(text: str) -> str:
    """Return what the first event of an iCalendar file (RFC 5545) says: its title, time, place and description."""
    unfolded = _FOLD.sub("", text.partition("BEGIN:VEVENT")[2].partition("END:VEVENT")[0])
    found = {one[1].upper(): one[2].strip() for one in reversed(list(_EVENT_PROPERTY.finditer(unfolded)))}
    values = [found.get(name, "") for name in ("SUMMARY", "DTSTART", "LOCATION", "DESCRIPTION")]
    values[1] = _EVENT_TIME.sub(r"\1-\2-\3 \4:\5", values[1]).replace("Z", " UTC")
    return "\n".join(
        _ESCAPED.sub(lambda c: "\n" if c[1] in "nN" else c[1], value) for value in values if value
    )


def is_notice(data: bytes) -> bool:
    """Return whether the bytes before the first part only say that the mail has parts."""
    return len(data) < 600 and bool(_NOTICE.search(data))


def is_prose(data: bytes) -> bool:
    """Return whether bytes are lines of words, and neither fields of a header nor an encoded file."""
    lines = [line for line in data[:20_000].splitlines() if line.strip()]
    return sum(b" " in line.strip() and not _FIELD.match(line) for line in lines) > len(lines) / 2


def comparable_words(text: str) -> list[str]:
    """Return the words of a text in lower case, for comparing what two texts say."""
    return _WORD.findall(text.casefold())


def fingerprints(raw_body: bytes, text: str, authors: Iterable[str]) -> tuple[str, ...]:
    """Return the fingerprints of a mail: of its bytes and of its words, each with every name or address of its author.

    Two copies of a mail have at least one of them in common: of the bytes (without white space and quote marks) if only this
    program changed, of the words if the copies were encoded or wrapped differently, of the name if a list put its address
    in the author's place.
    """
    words = text.casefold().encode(errors="replace").translate(None, _NO_WORDS)
    contents = (("b", raw_body.translate(None, _NOT_COMPARED)), ("w", words))
    digests = [(kind, blake2b(content, digest_size=24).digest()) for kind, content in contents]
    return tuple(
        kind + blake2b(author.encode(errors="replace") + b"\n" + digest, digest_size=12).hexdigest()
        for kind, digest in digests
        for author in authors
    )

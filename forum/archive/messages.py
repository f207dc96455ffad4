"""One mail of an archive: who, when, in answer to what, and its words, however it was written."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parseaddr, parsedate_to_datetime
from hashlib import blake2b

from msgspec import Struct

from core.text import NAME_LENGTH, TITLE_LENGTH
from forum.archive.html_to_text import words_of

LONGEST = 100_000
OLDEST = datetime(1971, 1, 1, tzinfo=UTC)
NOBODY = "somebody unknown"

_HEADERS = BytesParser()
_ID = re.compile(r"<([^<>\s]{1,998})>")
_SPACES = re.compile(r"\s+")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_TURNING = re.compile("[\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_OBFUSCATED = re.compile(
    r"^\s*<?([\w.+-]+)\s*(?:@|\bat\b|[\[(<{]at[\])>}])\s*([\w-]+(?:\s*(?:\.|\bdot\b|[\[(]dot[\])])\s*[\w-]+)+)>?",
    re.I,
)
_DOT = re.compile(r"\s*(?:\bdot\b|[\[(]dot[\])])\s*", re.I)
_ADDRESS = re.compile(r"[^\s@\x00-\x1f\x7f<>,;:\"()\[\]\\]{1,64}@[^\s@\x00-\x1f\x7f<>,;:\"()\[\]\\]{1,189}")
_IN_TEXT = re.compile(
    r"(?<![\w./:@+-])(?!git@)([\w.+-]{1,64}+)@(?:[A-Za-z0-9-]{1,63}\.){1,9}[A-Za-z]{2,18}(?![\w@-])"
)
_PARENTHESES = re.compile(r"\(([^()]*)\)\s*$")
# Encodings that Python knows and that are no charset of a mail; two of them take quadratic time.
_NO_CHARSETS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}


class Mail(Struct, frozen=True, kw_only=True):
    """A mail of an archive. `parents` are the ids it names, nearest first; `quirks` is what had to be made good."""

    id: str
    parents: tuple[str, ...]
    subject: str
    address: str
    name: str
    at: datetime | None
    text: str
    quirks: tuple[str, ...]


def read_mail(opening: str, raw: bytes, now: datetime) -> Mail:
    """The mail in these bytes; `opening` is the archive's line before it, which may know the date."""
    quirks: list[str] = []
    message: Message = _HEADERS.parsebytes(raw, headersonly=True)
    if message.get_content_maintype() in ("multipart", "message"):
        message = message_from_bytes(raw)

    text = _text(message, quirks)
    subject = _line(_decoded(message, "subject"), TITLE_LENGTH)
    name, address = _author(_decoded(message, "from") or _from(opening))
    found = _ID.search(_decoded(message, "message-id"))
    identity = found[1] if found else _made_id(message, text)
    if found is None:
        quirks.append("no message id")
    return Mail(
        id=identity if len(identity) <= 250 else _hash(identity),
        parents=tuple(_hash(parent) if len(parent) > 250 else parent for parent in _parents(message)),
        subject=subject,
        address=address,
        name=name,
        at=_date(message, opening, now, quirks),
        text=text,
        quirks=tuple(dict.fromkeys(quirks)),
    )


def made_id(mail: Mail) -> str:
    """Another id for a different mail that came under an id already taken."""
    return f"{mail.id[:200]}#{_hash(mail.address + mail.subject + mail.text)[:12]}"


def _hash(text: str) -> str:
    return blake2b(text.encode(errors="replace"), digest_size=16).hexdigest() + "@made.invalid"


def _made_id(message: Message, text: str) -> str:
    return _hash("\n".join((*(_decoded(message, name) for name in ("from", "date", "subject")), text)))


def _parents(message: Message) -> Iterator[str]:
    # References name the way from the first mail to the one answered; In-Reply-To often only the latter.
    named = [
        *_ID.findall(_decoded(message, "references"))[-50:],
        *_ID.findall(_decoded(message, "in-reply-to"))[:1],
    ]
    yield from dict.fromkeys(reversed(named))


def _author(header: str) -> tuple[str, str]:
    name, address = parseaddr(header)
    if not _ADDRESS.fullmatch(address):
        obfuscated = _OBFUSCATED.match(header) or _OBFUSCATED.search(header.partition("<")[2])
        address = f"{obfuscated[1]}@{_DOT.sub('.', obfuscated[2])}" if obfuscated else ""
        remark = _PARENTHESES.search(header)
        name = (
            remark[1] if remark else header.partition("<")[0] if "<" in header else "" if address else header
        )
    name = _line(name.strip("\"' "), NAME_LENGTH)
    # A name that is an address would show it.
    name = (name or address).partition("@")[0].strip("\"' ")
    address = _SPACES.sub("", address).lower()
    return name or NOBODY, address if _ADDRESS.fullmatch(address) else ""


def _from(opening: str) -> str:
    return opening.split(" ")[1] if opening.count(" ") else ""


def _date(message: Message, opening: str, now: datetime, quirks: list[str]) -> datetime | None:
    received = str(message.get("Received", "")).rpartition(";")[2]
    sources = (_decoded(message, "date"), opening.partition(" ")[2].partition(" ")[2], received)
    for source in sources:
        try:
            at = parsedate_to_datetime(source.strip())
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        if OLDEST <= at <= now + timedelta(days=1):
            if source is not sources[0]:
                quirks.append("no date")
            return at
    quirks.append("no date")
    return None


def _text(message: Message, quirks: list[str]) -> str:
    plain, pages, attached = [], [], []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        if part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
            attached.append(_line(_decode_words(str(part.get_filename() or kind)), 100))
        elif kind == "text/html":
            pages.append(part)
        else:
            plain.append(_payload(part, quirks))
    if not any(text.strip() for text in plain) and pages:
        plain = [words_of(_payload(page, quirks)) for page in pages]
        quirks.append("html only")
    if attached:
        quirks.append("attachment left out")
        plain.append("\n".join(f"[{name}: attached to the mail, not kept here]" for name in attached[:20]))
    return _tidied("\n\n".join(text.strip("\r\n") for text in plain), quirks)


def _tidied(text: str, quirks: list[str]) -> str:
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n"))
    if "@" in text:
        text = _IN_TEXT.sub("\\1@…", text)
    text = unicodedata.normalize("NFC", text).strip("\n")
    if len(text) > LONGEST:
        quirks.append("cut")
        text = f"{text[:LONGEST]}\n\n[This mail was longer: {len(text) - LONGEST} more characters were left out.]"
    if not text.strip():
        quirks.append("empty")
        text = "[This mail had no text.]"
    return text


def _payload(part: Message, quirks: list[str]) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return str(part.get_payload() or "")
    declared = str(part.get_content_charset("utf-8"))
    text = _decode(data, declared)
    if text is None:
        quirks.append("charset")
        text = _guess(data)
    return text


def _decode(data: bytes, charset: str) -> str | None:
    try:
        found = codecs.lookup(charset)
        if found.name in _NO_CHARSETS:
            return None
        return data.decode(charset)
    except (LookupError, ValueError, AssertionError):
        return None


def _guess(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _decoded(message: Message, name: str) -> str:
    # As it came: what the parser makes of bytes above 127 in a header cannot be undone.
    found = (str(value) for key, value in message.raw_items() if key.lower() == name)
    return _decode_words(next(found, ""))


def _decode_words(value: str) -> str:
    value = _guess(value.encode("utf-8", "surrogateescape"))
    if "=?" not in value:
        return value
    try:
        parts = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    words = []
    for text, charset in parts:
        if isinstance(text, bytes):
            words.append(_decode(text, charset or "utf-8") or _guess(text))
        else:
            words.append(text)
    return "".join(words)


def _line(text: str, length: int) -> str:
    text = _TURNING.sub("", _CONTROLS.sub(" ", text.replace("\x85", " ")))
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip()[:length].strip()

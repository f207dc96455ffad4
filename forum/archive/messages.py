"""Parser for one e-mail of an archive: author, date, subject, text and the ids of the messages it replies to.

Archives contain malformed messages, wrong charsets and obfuscated addresses; the parser repairs what it can and says so.
"""

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
from forum.archive.html_to_text import html_to_text

MAX_TEXT_LENGTH = 100_000
EARLIEST_DATE = datetime(1971, 1, 1, tzinfo=UTC)
UNKNOWN_AUTHOR = "somebody unknown"

_HEADER_PARSER = BytesParser()
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,998})>")
_SPACES = re.compile(r"\s+")
_CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_DIRECTION_CHARACTERS = re.compile("[\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_OBFUSCATED_ADDRESS = re.compile(
    r"^\s*<?([\w.+-]+)\s*(?:@|\bat\b|[\[(<{]at[\])>}])\s*([\w-]+(?:\s*(?:\.|\bdot\b|[\[(]dot[\])])\s*[\w-]+)+)>?",
    re.I,
)
_OBFUSCATED_DOT = re.compile(r"\s*(?:\bdot\b|[\[(]dot[\])])\s*", re.I)
_ADDRESS = re.compile(r"[^\s@\x00-\x1f\x7f<>,;:\"()\[\]\\]{1,64}@[^\s@\x00-\x1f\x7f<>,;:\"()\[\]\\]{1,189}")
_ADDRESS_IN_TEXT = re.compile(
    r"(?<![\w./:@+-])(?!git@)([\w.+-]{1,64}+)@(?:[A-Za-z0-9-]{1,63}\.){1,9}[A-Za-z]{2,18}(?![\w@-])"
)
_TRAILING_PARENTHESES = re.compile(r"\(([^()]*)\)\s*$")
# Codecs of Python that are not charsets of e-mail; two of them take quadratic time.
_NOT_CHARSETS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}


class ArchivedMessage(Struct, frozen=True, kw_only=True):
    """An e-mail of an archive; `parents` are the message ids it replies to, nearest first; `repairs` what was guessed.

    `address` is empty and `at` is None if the message does not say.
    """

    id: str
    parents: tuple[str, ...]
    subject: str
    address: str
    name: str
    at: datetime | None
    text: str
    repairs: tuple[str, ...]


def parse_message(separator: str, raw: bytes, now: datetime) -> ArchivedMessage:
    """Parse the bytes of a message; `separator` is the mbox line before it, which may name the author and the date.

    Raises what the parser of the standard library raises for malformed messages: ValueError, LookupError, TypeError,
    AttributeError or RecursionError.
    """
    repairs: list[str] = []
    message: Message = _HEADER_PARSER.parsebytes(raw, headersonly=True)
    if message.get_content_maintype() in ("multipart", "message"):
        message = message_from_bytes(raw)

    text = _text(message, repairs)
    subject = _to_line(_read_header(message, "subject"), TITLE_LENGTH)
    name, address = _author(_read_header(message, "from") or _author_in_separator(separator))
    found = _MESSAGE_ID.search(_read_header(message, "message-id"))
    message_id = found[1] if found else _generate_id(message, text)
    if found is None:
        repairs.append("no message id")
    return ArchivedMessage(
        id=message_id if len(message_id) <= 250 else _hash(message_id),
        parents=tuple(_hash(parent) if len(parent) > 250 else parent for parent in _parents(message)),
        subject=subject,
        address=address,
        name=name,
        at=_date(message, separator, now, repairs),
        text=text,
        repairs=tuple(dict.fromkeys(repairs)),
    )


def make_distinct_id(message: ArchivedMessage) -> str:
    """Return a new id for a message whose own id belongs to a different message."""
    return f"{message.id[:200]}#{_hash(message.address + message.subject + message.text)[:12]}"


def _hash(text: str) -> str:
    return blake2b(text.encode(errors="replace"), digest_size=16).hexdigest() + "@made.invalid"


def _generate_id(message: Message, text: str) -> str:
    return _hash("\n".join((*(_read_header(message, name) for name in ("from", "date", "subject")), text)))


def _parents(message: Message) -> Iterator[str]:
    # RFC 5322, 3.6.4: References lists all ancestors from the first message on, In-Reply-To often only the direct parent.
    ancestors = [
        *_MESSAGE_ID.findall(_read_header(message, "references"))[-50:],
        *_MESSAGE_ID.findall(_read_header(message, "in-reply-to"))[:1],
    ]
    yield from dict.fromkeys(reversed(ancestors))


def _author(header: str) -> tuple[str, str]:
    name, address = parseaddr(header)
    if not _ADDRESS.fullmatch(address):
        obfuscated = _OBFUSCATED_ADDRESS.match(header) or _OBFUSCATED_ADDRESS.search(header.partition("<")[2])
        address = f"{obfuscated[1]}@{_OBFUSCATED_DOT.sub('.', obfuscated[2])}" if obfuscated else ""
        comment = _TRAILING_PARENTHESES.search(header)
        name = (
            comment[1]
            if comment
            else header.partition("<")[0]
            if "<" in header
            else ""
            if address
            else header
        )
    name = _to_line(name.strip("\"' "), NAME_LENGTH)
    # If the name is an address, only its local part may be public.
    name = (name or address).partition("@")[0].strip("\"' ")
    address = _SPACES.sub("", address).lower()
    return name or UNKNOWN_AUTHOR, address if _ADDRESS.fullmatch(address) else ""


def _author_in_separator(separator: str) -> str:
    return separator.split(" ")[1] if separator.count(" ") else ""


def _date(message: Message, separator: str, now: datetime, repairs: list[str]) -> datetime | None:
    received = str(message.get("Received", "")).rpartition(";")[2]
    sources = (_read_header(message, "date"), separator.partition(" ")[2].partition(" ")[2], received)
    for source in sources:
        try:
            at = parsedate_to_datetime(source.strip())
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        if EARLIEST_DATE <= at <= now + timedelta(days=1):
            if source is not sources[0]:
                repairs.append("no date")
            return at
    repairs.append("no date")
    return None


def _text(message: Message, repairs: list[str]) -> str:
    plain_texts, html_parts, attachments = [], [], []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        if part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
            attachments.append(_to_line(_decode_words(str(part.get_filename() or kind)), 100))
        elif kind == "text/html":
            html_parts.append(part)
        else:
            plain_texts.append(_payload(part, repairs))
    if not any(text.strip() for text in plain_texts) and html_parts:
        plain_texts = [html_to_text(_payload(part, repairs)) for part in html_parts]
        repairs.append("html only")
    if attachments:
        repairs.append("attachment left out")
        notes = (f"[{name}: attached to the mail, not kept here]" for name in attachments[:20])
        plain_texts.append("\n".join(notes))
    return _clean_text("\n\n".join(text.strip("\r\n") for text in plain_texts), repairs)


def _clean_text(text: str, repairs: list[str]) -> str:
    text = _CONTROL_CHARACTERS.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n"))
    if "@" in text:
        # Addresses in public texts would be collected by spammers.
        text = _ADDRESS_IN_TEXT.sub("\\1@…", text)
    text = unicodedata.normalize("NFC", text).strip("\n")
    if len(text) > MAX_TEXT_LENGTH:
        repairs.append("cut")
        left_out = len(text) - MAX_TEXT_LENGTH
        text = (
            f"{text[:MAX_TEXT_LENGTH]}\n\n[This mail was longer: {left_out} more characters were left out.]"
        )
    if not text.strip():
        repairs.append("empty")
        text = "[This mail had no text.]"
    return text


def _payload(part: Message, repairs: list[str]) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return str(part.get_payload() or "")
    declared = str(part.get_content_charset("utf-8"))
    text = _decode(data, declared)
    if text is None:
        repairs.append("charset")
        text = _decode_by_guessing(data)
    return text


def _decode(data: bytes, charset: str) -> str | None:
    try:
        if codecs.lookup(charset).name in _NOT_CHARSETS:
            return None
        return data.decode(charset)
    except (LookupError, ValueError, AssertionError):
        return None


def _decode_by_guessing(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _read_header(message: Message, name: str) -> str:
    # From the raw header: the parser's conversion of bytes above 127 loses information.
    values = (str(value) for key, value in message.raw_items() if key.lower() == name)
    return _decode_words(next(values, ""))


def _decode_words(value: str) -> str:
    value = _decode_by_guessing(value.encode("utf-8", "surrogateescape"))
    if "=?" not in value:
        return value
    try:
        parts = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    words = []
    for text, charset in parts:
        if isinstance(text, bytes):
            words.append(_decode(text, charset or "utf-8") or _decode_by_guessing(text))
        else:
            words.append(text)
    return "".join(words)


def _to_line(text: str, length: int) -> str:
    text = _DIRECTION_CHARACTERS.sub("", _CONTROL_CHARACTERS.sub(" ", text.replace("\x85", " ")))
    return unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip()[:length].strip()

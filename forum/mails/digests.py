"""Digests: mails of a list that contain the mails of some days, as parts (RFC 2046, 5.1.5) or as text (RFC 1153)."""

import re

from msgspec import Struct

from forum.mails.authors import list_addresses
from forum.mails.body import Reading, read_bodies
from forum.mails.forwarded import forwarded_block
from forum.mails.header_fields import HeaderFields, split_header
from forum.mails.mailboxes import parse_mailboxes
from forum.mails.parts import Part

MAX_MAILS = 500

_DIGEST_SUBJECT = re.compile(
    r"\bdigest\b|\bsammelnachricht|\bresumen de\b|\bresumo d[aeo]\b|\bgroupe, vol\b|摘要|文摘|ダイジェスト|دفعة",
    re.I,
)
_LIST_LOCAL_PART = re.compile(
    r"(?:.*-(?:request|digest|owner|bounces|admin)|owner-.*|.*-digest-.*|majordomo|listserv|mailman)$"
)
_SEPARATOR = re.compile(r"^-{28,80}[ \t]*$", re.M)
_FIELD_START = re.compile(r"(?:message|date|from|subject|to|cc|sender|reply-to)[ \t]*:", re.I)
# The last line, with asterisks below it, in the languages of list software.
_CLOSING = re.compile(
    r"\s*(?:subject:\s*digest footer.*|(?:(?:end of|ende|fin d[eu]|fim d[aeo]|fine d[aeiu]l?|einde van|конец)\s[^\n]{1,200}|"
    r"[^\n]{1,200}(?:结束|結束|終わり|の終り))(?:\n[ \t]*\*{3,}[ \t]*)?\s*)",
    re.I | re.S,
)
# What list software writes above the mails; a person who encloses mails writes something else.
_MASTHEAD = re.compile(
    r"today'?s topics|to subscribe or unsubscribe|send .{1,100} submissions|topics \(messages|"
    r"in this issue|table of contents|contents of |when replying, please edit|in this digest|topics in this",
    re.I | re.S,
)


class EnclosedMail(Struct, frozen=True):
    """A mail of a digest: its header and what was read of it; `is_from_list` if list software put it there."""

    header: HeaderFields
    reading: Reading
    raw: bytes
    is_from_list: bool


def find_enclosed(mail: Part, reading: Reading) -> list[EnclosedMail]:
    """Return the mails of a digest, and remove them from the reading, whose text is then what stands above them.

    A person can enclose mails and invent them. So mails in other people's mails stay in the text of these, and become mails
    of their own only if the subject or the sender says that this is a digest.
    """
    if not reading.digest and not (len(reading.texts) == 1 and "-" * 28 in reading.texts[0]):
        return []
    is_from_list = _is_from_list(mail.header)
    is_digest = is_from_list or bool(_DIGEST_SUBJECT.search(mail.header.decoded("subject")))
    enclosed = reading.digest[:MAX_MAILS] if is_digest else []
    others = reading.digest[len(enclosed) :]
    for one, inner in zip(others, read_bodies(others), strict=True):
        reading.texts.append(forwarded_block(one.header, inner.text()))
        reading.repairs += inner.repairs
    if enclosed:
        return [
            EnclosedMail(one.header, inner, _bytes_of(one), is_from_list)
            for one, inner in zip(enclosed, read_bodies(enclosed), strict=True)
        ]
    if is_digest and len(reading.texts) == 1:
        masthead, found = split_plain_digest(reading.texts[0])
        if found:
            reading.texts = [masthead]
            return [
                EnclosedMail(header, Reading(texts=[text]), text.encode(errors="replace"), is_from_list)
                for header, text in found
            ]
    return []


def is_masthead(text: str) -> bool:
    """Return whether the text above the mails of a digest was written by list software."""
    return not text.strip() or bool(_MASTHEAD.search(text))


def split_plain_digest(text: str) -> tuple[str, list[tuple[HeaderFields, str]]]:
    """Return what stands above the mails of a digest in plain text, and the header and text of each mail.

    RFC 1153: a line of hyphens divides the mails, and each begins with its header. A line of hyphens without a header after
    it belongs to the text of a mail.
    """
    masthead: list[str] = []
    found: list[tuple[HeaderFields, list[str]]] = []
    done = 0
    rule = ""
    for separator in [*_SEPARATOR.finditer(text), None]:
        segment = text[done : separator.start() if separator else len(text)]
        header, body = _enclosed_header(segment) if rule else (None, segment)
        if header is not None and len(found) < MAX_MAILS:
            found.append((header, [body]))
        elif not (found and (_CLOSING.fullmatch(segment) or not (separator or segment.strip()))):
            (found[-1][1] if found else masthead).append(rule + segment)
        if separator is None:
            break
        done, rule = separator.end(), separator[0]
    return "".join(masthead).strip("\n"), [(header, "".join(texts).strip("\n")) for header, texts in found]


def _enclosed_header(segment: str) -> tuple[HeaderFields | None, str]:
    stripped = segment.lstrip("\n")
    if not _FIELD_START.match(stripped):
        return None, segment
    header, _, body = stripped.partition("\n\n")
    fields, rest = split_header((header + "\n").encode(errors="replace"))
    names = {name for name, _ in fields.fields}
    if rest or "from" not in names or not names & {"date", "subject"}:
        return None, segment
    return fields, body


def _is_from_list(header: HeaderFields) -> bool:
    author = next(iter(parse_mailboxes(header.raw("from"))), None)
    if author is None or not author.address:
        return False
    local, _, _ = author.address.partition("@")
    return author.address in list_addresses(header) or bool(_LIST_LOCAL_PART.fullmatch(local))


def _bytes_of(part: Part) -> bytes:
    return part.body + b"".join(_bytes_of(child) for child in part.children)

"""A mail as it is imported: author, date, subject, text, and the ids of the mails that it replies to.

Archives contain malformed mails, wrong charsets and obfuscated addresses; the reader repairs what it can and says so.
"""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate, parsedate_to_datetime
from hashlib import blake2b

from msgspec import Struct
from msgspec.structs import replace

from core.text import NAME_LENGTH, TITLE_LENGTH
from forum.mails.authors import domain_of, find_author, list_addresses
from forum.mails.body import Reading, Repair, read_body
from forum.mails.charsets import decode, is_certain_label
from forum.mails.digests import EnclosedMail, find_enclosed, is_masthead
from forum.mails.encoded_words import ENCODED_WORD
from forum.mails.header_fields import HeaderFields, split_header
from forum.mails.lines import to_line
from forum.mails.mailboxes import Mailbox, parse_mailboxes
from forum.mails.message_ids import find_conversation, find_message_id, find_parents
from forum.mails.parts import Part, parse_mail
from forum.mails.plain_text import MAX_TEXT_LENGTH, clean_text, fingerprints
from forum.text.mail_footers import split_footer

EARLIEST_DATE = datetime(1971, 1, 1, tzinfo=UTC)
_ISO_DATE = re.compile(r"(?:19|20)\d\d-\d\d-\d\d[T ]\d\d:\d\d")
_ZONE_WITH_NAME = re.compile(r"\b(?:GMT|UTC)([+-]\d{4})$")
_END_OF_HEADER = re.compile(rb"\n\r?\n")
DIVIDED = "digest divided into its mails"


class Mail(Struct, frozen=True, kw_only=True):
    """An e-mail; `parents` are the message ids it replies to, nearest first; `repairs` what was guessed or left out.

    `address` is empty and `at` is None if the mail does not say. `fingerprints` tell whether two mails with one id are the
    same. `enclosed` are the mails of a digest; `is_empty_digest` if nothing but these is in it. `list_domains` are those of
    the list by its header, and `through` is the domain of the list on whose word somebody else than From is the author.
    `conversation` is Outlook's.
    """

    id: str
    parents: tuple[str, ...]
    subject: str
    address: str
    name: str
    at: datetime | None
    text: str
    repairs: tuple[Repair, ...]
    fingerprints: tuple[str, ...] = ()
    enclosed: tuple["Mail", ...] = ()
    is_empty_digest: bool = False
    list_domains: frozenset[str] = frozenset()
    through: str = ""
    conversation: str = ""


def parse(separator: str, raw: bytes, now: datetime) -> Mail:
    """Parse the bytes of a mail; `separator` is the mbox line before it, which may name the author and the date."""
    root = parse_mail(raw)
    hint = _give_charset(root)
    reading = read_body(root, hint)
    if reading.recognized_charset() and not hint and not is_certain_label(root.header.charset):
        root.header.set_charset(reading.recognized_charset())
    mails = find_enclosed(root, reading)
    at, date_repairs = _date(root.header, separator, now)
    author = find_author(root.header, separator)
    enclosed = tuple(_enclosed_mail(one, at, now, domain_of(author.address)) for one in mails)
    own_text = "\n\n".join(reading.texts)
    if enclosed:
        reading.repair(DIVIDED, f"{len(enclosed)} mails")
        reading.texts.append(_table_of_contents(enclosed))
    reading.repairs[:0] = date_repairs
    return _mail(root.header, reading, raw, (author, at), enclosed, bool(enclosed) and is_masthead(own_text))


def parse_plainly(separator: str, raw: bytes, now: datetime) -> Mail:
    """Return a mail whose structure cannot be read as one text, with its header in it, so that nothing of it is lost."""
    header, _ = split_header(raw)
    at, repairs = _date(header, separator, now)
    reading = Reading(
        texts=[decode(raw[:MAX_TEXT_LENGTH])[0]], repairs=[*repairs, Repair("structure not read")]
    )
    return _mail(header, reading, raw, (find_author(header, separator), at), (), False)


def make_distinct_id(mail: Mail) -> str:
    """Return an id for a mail whose own id belongs to another mail; it is the same each time the mail is read."""
    author_and_bytes = "\n".join((mail.address, mail.name, mail.fingerprints[0]))
    return f"{mail.id[:200]}#{_hash(author_and_bytes)[:24]}"


def _mail(
    header: HeaderFields,
    reading: Reading,
    raw: bytes,
    who_and_when: tuple[Mailbox, datetime | None],
    enclosed: tuple[Mail, ...],
    is_empty_digest: bool,
) -> Mail:
    author, at = who_and_when
    text = _stored_text(reading)
    message_id = find_message_id(header)
    if not message_id:
        reading.repair("no message id")
        message_id = _hash("\n".join((*(header.decoded(name) for name in ("from", "date", "subject")), text)))
    return Mail(
        id=_short(message_id),
        parents=tuple(map(_short, find_parents(header))),
        subject=to_line(header.decoded("subject"), TITLE_LENGTH),
        address=author.address,
        name=author.shown_name(),
        at=at,
        text=text,
        repairs=tuple(dict.fromkeys(reading.repairs)),
        fingerprints=fingerprints(
            raw[end.end() :] if (end := _END_OF_HEADER.search(raw)) else raw,
            split_footer(text)[0],
            dict.fromkeys(one for one in (author.shown_name(), author.address) if one),
        ),
        enclosed=enclosed,
        is_empty_digest=is_empty_digest,
        list_domains=frozenset(map(domain_of, list_addresses(header))),
        through=_through(header, author),
        conversation=find_conversation(header),
    )


def _through(header: HeaderFields, author: Mailbox) -> str:
    written = next(iter(parse_mailboxes(header.raw("from"))), author)
    is_other = author.address and written.address not in ("", author.address)
    return domain_of(written.address) if is_other else ""


def _enclosed_mail(one: EnclosedMail, at: datetime | None, now: datetime, list_domain: str) -> Mail:
    author = find_author(one.header, "")
    if not one.is_from_list:
        # Somebody can invent what a member wrote; so the name is shown, and no address is believed.
        author = Mailbox(author.shown_name()[:NAME_LENGTH], "")
    found, _ = _date(one.header, "", now)
    mail = _mail(one.header, one.reading, one.raw, (author, found or at), (), False)
    return replace(mail, through=list_domain) if author.address else mail


def _table_of_contents(enclosed: tuple[Mail, ...]) -> str:
    lines = [
        f"- {mail.subject or '(no subject)'} ({mail.name}{mail.at.strftime(', %Y-%m-%d %H:%M UTC') if mail.at else ''})"
        for mail in enclosed
    ]
    return "\n".join(["The mails of this digest are posts of their own:", "", *lines])


def _stored_text(reading: Reading) -> str:
    text, has_controls = clean_text(reading.text())
    if has_controls:
        reading.repair("control character")
    if len(text) > MAX_TEXT_LENGTH:
        left_out = len(text) - MAX_TEXT_LENGTH
        reading.repair("cut", f"{left_out} characters")
        text = (
            f"{text[:MAX_TEXT_LENGTH]}\n\n[This mail was longer: {left_out} more characters were left out.]"
        )
    if not text.strip():
        reading.repair("empty")
        text = "[This mail had no text.]"
    return text


def _give_charset(root: Part) -> str:
    # Raw bytes in headers are in the charset of the body; a body without one is in that of the encoded words.
    word = ENCODED_WORD.search(root.header.raw("subject") + " " + root.header.raw("from"))
    hint = word[1] if word else ""
    parts = [root]
    for part in parts:
        parts += part.children
    labels = [part.parameter("charset") for part in parts]
    common = next((label for label in labels if label), hint)
    for part, label in zip(parts, labels, strict=True):
        part.header.set_charset(label or common)
    return hint


def _date(header: HeaderFields, separator: str, now: datetime) -> tuple[datetime | None, list[Repair]]:
    received = header.raw("received").rpartition(";")[2]
    sources = (header.decoded("date"), separator.partition(" ")[2].partition(" ")[2], received)
    for i, source in enumerate(sources):
        try:
            at = _parse_date(source.strip())
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        if EARLIEST_DATE <= at <= now + timedelta(days=1):
            return at, [Repair("no date")] if i else []
    return None, [Repair("no date")]


def _parse_date(text: str) -> datetime:
    # Raises ValueError or TypeError.
    if _ISO_DATE.match(text):
        return datetime.fromisoformat(text)
    try:
        at = parsedate_to_datetime(_ZONE_WITH_NAME.sub(r"\1", text))
    except ValueError:
        # An impossible zone; the date is still the author's.
        fields = parsedate(text)
        if fields is None:
            raise
        at = datetime(*fields[:6], tzinfo=UTC)
    # Programs counted the years from 1900.
    return at.replace(year=at.year + 1900) if 99 < at.year < 200 else at


def _short(message_id: str) -> str:
    return message_id if len(message_id) <= 250 else _hash(message_id)


def _hash(text: str) -> str:
    return blake2b(text.encode(errors="replace"), digest_size=16).hexdigest() + "@made.invalid"

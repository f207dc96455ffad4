"""The text of a mail, from those of its parts that people write; every other part is named and left out."""

import re

from msgspec import Struct, field

from core.text_encodings import recognize_encoding
from forum.mails.charsets import decode, needs_recognition
from forum.mails.embedded_files import take_embedded_files
from forum.mails.encoded_words import decode_words
from forum.mails.flowed import enriched_to_text, unflow
from forum.mails.forwarded import forwarded_block
from forum.mails.html_to_text import (
    MAX_HTML_LENGTH,
    MAX_TAGS,
    drop_embedded_data,
    html_to_text,
    is_whole_page,
)
from forum.mails.lines import to_line
from forum.mails.parts import Part
from forum.mails.plain_text import META_CHARSET, calendar_to_text, comparable_words, is_notice, is_prose
from forum.mails.signed_text import take_signatures
from forum.mails.transfer_encoding import is_text
from forum.text.mail_footers import ATTACHMENT_NOTE, MORE_ATTACHMENTS_NOTE

# More of a mail is not read: it has five times what is stored of it, in any script.
MAX_READ = 1_500_000
MAX_PLAIN_LENGTH = 400_000
MAX_NAMED_ATTACHMENTS = 20
# The report of an import shows so much of a line that is left out.
MAX_PREAMBLE = 100
# An alternative in plain text that has fewer than a third of the words of the other is a stub.
STUB_RATIO = 3
STUB_WORDS = 30

_SIGNATURES = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
_ENRICHED = ("text/enriched", "text/richtext")
_BODY_TYPES = ("text/plain", "text/html", *_ENRICHED)


class Repair(Struct, frozen=True):
    """What had to be guessed, replaced or left out to read a mail, and where: the name of a part, a label, a number."""

    what: str
    detail: str = ""


class _Budget(Struct):
    # `charset` is what the content of a part without a usable label has shown; other parts will be in it too.
    bytes: int = MAX_READ
    charset: str = ""
    attempts: int = 5
    tags: int = MAX_TAGS


class Reading(Struct):
    """What was read of a part: texts in their order, names of attachments, repairs, and the mails of a digest."""

    texts: list[str] = []
    attachments: list[str] = []
    repairs: list[Repair] = []
    digest: list[Part] = []
    budget: _Budget = field(default_factory=_Budget)

    def text(self) -> str:
        """Return the texts, and below them the names of the attachments that are not kept."""
        named = [ATTACHMENT_NOTE.format(name) for name in self.attachments[:MAX_NAMED_ATTACHMENTS]]
        if len(self.attachments) > MAX_NAMED_ATTACHMENTS:
            named.append(MORE_ATTACHMENTS_NOTE.format(len(self.attachments) - MAX_NAMED_ATTACHMENTS))
        texts = [text.strip("\r\n") for text in self.texts if text.strip()]
        return "\n\n".join(texts + ["\n".join(named)] * bool(named))

    def recognized_charset(self) -> str:
        """Return the charset that the content showed where a label was missing or wrong; "" if every label fits."""
        return self.budget.charset

    def repair(self, what: str, detail: str = "") -> None:
        """Add a repair."""
        self.repairs.append(Repair(what, to_line(detail, 200)))


def read_body(mail: Part, hint: str = "") -> Reading:
    """Return what was read of a mail; `hint` is the charset of its headers, for parts that name none."""
    return _read_mail(mail, Reading(), hint)


def read_bodies(mails: list[Part]) -> list[Reading]:
    """Return what was read of each mail of a digest; together they can be twice as long as one mail."""
    budget = _Budget(2 * MAX_READ)
    return [_read_mail(mail, Reading(budget=budget), "") for mail in mails]


def _read_mail(mail: Part, reading: Reading, hint: str) -> Reading:
    _read(mail, reading, hint)
    if not any(text.strip() for text in reading.texts) and not reading.digest:
        _read_leftovers(mail, reading, hint)
    return reading


def _read(part: Part, reading: Reading, hint: str) -> None:
    if part.is_flattened:
        reading.repair("multipart without parts", part.kind)
        _add_plain(part, reading, hint)
    elif part.children and not part.kind.startswith(("multipart/", "text/")):
        enclosed = part.children[0]
        inner = _read_mail(enclosed, Reading(budget=reading.budget), hint)
        reading.texts.append(forwarded_block(enclosed.header, inner.text()))
        reading.repairs += inner.repairs
        reading.digest += inner.digest
    elif part.children or part.kind.startswith("multipart/"):
        _read_children(part, reading, hint)
    elif part.kind.startswith("message/") and is_prose(part.content()):
        # Half of a divided mail, or a report of a mail server that explains itself.
        _add_plain(part, reading, hint)
    elif part.is_attachment() or part.kind not in _BODY_TYPES:
        _leave_out(part, reading)
    elif part.kind == "text/plain":
        _add_plain(part, reading, hint)
    else:
        _add_formatted(part, reading, hint)


def _read_children(part: Part, reading: Reading, hint: str) -> None:
    if part.before.strip() and not is_notice(part.before):
        before = part.before.strip()
        if part.kind.startswith("multipart/") and b"\n" not in before and len(before) < MAX_PREAMBLE:
            # RFC 2046, 5.1.1: a line for programs that do not know of parts.
            reading.repair("text before the first part left out", before.decode(errors="replace"))
        else:
            reading.texts.append(_decode(part.before, part, reading, hint))
    if part.kind == "multipart/alternative":
        _read_alternatives(part, reading, hint)
    elif part.kind == "multipart/digest":
        reading.digest += [child.children[0] if child.children else child for child in part.children]
    else:
        for child in part.children:
            _read(child, reading, hint)
    if part.after.strip():
        reading.texts.append(_decode(part.after, part, reading, hint))


def _read_alternatives(part: Part, reading: Reading, hint: str) -> None:
    # RFC 2046, 5.1.4: the same content in several forms. The plain text is what the author or their program wrote.
    readings = []
    for child in part.children:
        one = Reading(budget=reading.budget)
        _read(child, one, hint)
        words = comparable_words("\n".join(one.texts))
        readings.append((child.kind == "text/plain", len(words), one, set(words)))
    plain = max((r for r in readings if r[0]), key=lambda r: r[1], default=None)
    other = max((r for r in readings if not r[0]), key=lambda r: r[1], default=None)
    chosen = plain or other
    if plain and other and (not plain[1] or other[1] > STUB_RATIO * plain[1] + STUB_WORDS):
        chosen = other
    for candidate in readings:
        one = candidate[2]
        reading.attachments += one.attachments
        reading.digest += one.digest
        is_chosen = candidate is chosen or bool(
            candidate[0] and chosen and chosen[0] and _is_other(candidate[3], chosen[3])
        )
        if is_chosen:
            reading.texts += one.texts
        reading.repairs += [r for r in one.repairs if is_chosen or r.what == "attachment left out"]


def _is_other(words: set[str], chosen: set[str]) -> bool:
    # Two plain texts with different words are no two forms of one text.
    return len(words - chosen) > len(words) / 2


def _add_plain(part: Part, reading: Reading, hint: str) -> None:
    text = _decode(part.content(), part, reading, hint)
    if is_whole_page(text):
        reading.repair("html only")
        reading.texts.append(_page_to_text(text, reading))
        return
    if part.parameter("format").lower() == "flowed":
        text = unflow(text, delete_space=part.parameter("delsp").lower() == "yes")
    text, signatures = take_signatures(text)
    if signatures:
        reading.repair("signature left out", "OpenPGP")
    text, names = take_embedded_files(text)
    for name in names:
        _name_attachment(name, "encoded in the text", reading)
    reading.texts.append(text)


def _add_formatted(part: Part, reading: Reading, hint: str) -> None:
    text = _decode(part.content(), part, reading, hint)
    if part.kind == "text/html":
        text = _page_to_text(text, reading)
        words = comparable_words(text)
        if words and any(comparable_words(other) == words for other in reading.texts):
            reading.repair("same text again as HTML")
            return
        reading.repair("html only")
    else:
        text = enriched_to_text(text, is_richtext=part.kind == "text/richtext")
    reading.texts.append(text)


def _page_to_text(page: str, reading: Reading) -> str:
    allowed = reading.budget.tags
    reading.budget.tags = max(0, allowed - page.count("<"))
    return html_to_text(page, allowed)


def _decode(data: bytes, part: Part, reading: Reading, hint: str) -> str:
    if part.kind == "text/html":
        data = drop_embedded_data(data)
    limit = min(reading.budget.bytes, MAX_HTML_LENGTH if part.kind == "text/html" else MAX_PLAIN_LENGTH)
    if len(data) > limit:
        reading.repair("cut", f"{len(data) - limit} bytes")
        data = data[:limit]
    reading.budget.bytes -= len(data)
    label = part.parameter("charset")
    if not label and part.kind == "text/html" and (declared := META_CHARSET.search(data[:2_048])):
        label = declared[1].decode("ascii")
    if reading.budget.attempts and not reading.budget.charset and needs_recognition(data, label):
        reading.budget.attempts -= 1
        reading.budget.charset = recognize_encoding(data)
    text, is_guessed = decode(data, label, reading.budget.charset or hint)
    if is_guessed:
        reading.repair("charset", label)
    return text


def _leave_out(part: Part, reading: Reading) -> None:
    if part.kind in _SIGNATURES:
        reading.repair("signature left out", part.file_name() or part.kind)
        return
    name = decode_words(part.file_name())
    if part.kind == "message/external-body":
        # RFC 2046, 5.2.3: the text is somewhere else.
        place = [part.parameter(one) for one in ("site", "directory", "name")]
        name = part.parameter("url") or "/".join(one for one in place if one)
    _name_attachment(name or part.kind, part.kind, reading)


def _name_attachment(name: str, kind: str, reading: Reading) -> None:
    # Old programs wrote the folder of the sender in front.
    name = to_line(name.rpartition("\\")[2], 100) or kind
    reading.attachments.append(name)
    reading.repair("attachment left out", name if name == kind else f"{name} ({kind})")


def _read_leftovers(part: Part, reading: Reading, hint: str) -> None:
    # No part is declared to be the text: then it is the first one that can be read.
    for leaf in _leaves(part):
        if not _is_readable(leaf):
            continue
        name = to_line(decode_words(leaf.file_name()).rpartition("\\")[2], 100) or leaf.kind
        if name in reading.attachments:
            reading.attachments.remove(name)
        reading.repairs[:] = [
            r for r in reading.repairs if not (r.what == "attachment left out" and r.detail.startswith(name))
        ]
        add = _add_plain if leaf.kind not in ("text/html", *_ENRICHED) else _add_formatted
        add(leaf, reading, hint)
        return
    for leaf in _leaves(part):
        # An invitation without words: what it says to a reader. It stays named as an attachment.
        if leaf.kind == "text/calendar" and (
            text := calendar_to_text(_decode(leaf.content(), leaf, reading, hint))
        ):
            reading.texts.append(text)
            return


def _is_readable(leaf: Part) -> bool:
    main, _, kind = leaf.kind.partition("/")
    content = leaf.content()
    if not content.strip() or main in ("image", "audio", "video", "font", "model") or _NOT_WORDS.search(kind):
        return False
    if main == "text":
        return True
    is_armored = content.lstrip().startswith(b"-----BEGIN ") and b"SIGNED MESSAGE" not in content[:100]
    return is_text(content) and not is_armored and (main != "application" or is_prose(content))


# Types whose content is not what somebody wrote, or not only words.
_NOT_WORDS = re.compile(r"vcard|directory|calendar|rtf|css|script|csv|xml|json|rfc822|pgp-|pkcs|tnef|x-amp")


def _leaves(part: Part) -> list[Part]:
    if part.kind.startswith("message/"):
        return []
    return [leaf for child in part.children for leaf in _leaves(child)] if part.children else [part]

"""Message ids in headers (RFC 5322, 3.6.4), also without brackets and among the words that old programs write there."""

import re
from base64 import b64decode
from html import unescape

from forum.mails.encoded_words import decode_words
from forum.mails.header_fields import HeaderFields

MAX_ANCESTORS = 50
# Some programs write a field twice.
MAX_FIELDS = 5

_BRACKETED = re.compile(r"<([^<>]{1,998})>")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_SPACES = re.compile(r"\s+")
_BARE = re.compile(r"[^\s<>\",;()]{1,998}")


def find_message_id(header: HeaderFields) -> str:
    """Return the id of a mail without its brackets; "" if it has none."""
    value = header.decoded("message-id").strip()
    if bracketed := _BRACKETED.search(value):
        return _SPACES.sub("", bracketed[1])
    value = value.strip("<>")
    return value if _BARE.fullmatch(value) else ""


def find_parents(header: HeaderFields) -> list[str]:
    """Return the ids of the mails that a mail replies to, nearest first.

    References lists all ancestors from the first mail on, In-Reply-To often only the parent, sometimes between an address
    and words. Addresses of the mail's own header are no ids.
    """
    ancestors = [*_ids(header, "references")[-MAX_ANCESTORS:], *_ids(header, "in-reply-to")[-5:]]
    if not ancestors:
        return []
    people = "\n".join(header.raw(name) for name in ("from", "to", "cc", "reply-to", "sender")).lower()
    return [one for one in dict.fromkeys(reversed(ancestors)) if one.lower() not in people]


def find_conversation(header: HeaderFields) -> str:
    """Return what the mails of one conversation share in Outlook's Thread-Index, with `+` before that of a reply.

    Microsoft's format (MS-OXOMSG, 2.2.1.3): 22 bytes for the conversation, and 5 for each reply.
    """
    value = _NOT_BASE64.sub("", header.raw("thread-index"))
    value = value[:-1] if len(value) % 4 == 1 else value
    index = b64decode(value + "=" * (-len(value) % 4))
    return f"{'+' if len(index) >= 27 else ''}{index[:22].hex()}" if len(index) >= 22 else ""


def _ids(header: HeaderFields, name: str) -> list[str]:
    # Some programs encode long fields as words or as HTML.
    value = "\n".join(decode_words(field) for field in header.raw_all(name)[:MAX_FIELDS])
    value = unescape(value) if "&lt;" in value else value
    if bracketed := _BRACKETED.findall(value):
        return [_SPACES.sub("", one).removeprefix("mailto:") for one in bracketed]
    words = value.replace("<", " ").replace(">", " ").split()
    # Without brackets, a sentence about a mail is not taken for ids.
    return words if all("@" in word and _BARE.fullmatch(word) for word in words) else []

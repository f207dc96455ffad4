"""Addresses: how a topic is called in the address line, and where one may be sent on to."""

import re
import unicodedata

_NOT_WORD = re.compile(r"[^\w]+")
_LONGEST = 60


def slug_of(title: str) -> str:
    """A title as part of an address: letters and digits of any script, joined by hyphens."""
    words = _NOT_WORD.sub("-", unicodedata.normalize("NFC", title).lower().replace("_", "-")).strip("-")
    if len(words) > _LONGEST:
        words = words[:_LONGEST].rpartition("-")[0] or words[:_LONGEST]
    return words or "topic"


def topic_address(topic_id: int, title: str) -> str:
    """The one address of a topic."""
    return f"/t/{topic_id}/{slug_of(title)}"


def safe_next(address: str) -> str:
    """Where to go after signing in: a page of ours, or home. Nothing that a browser could read as another host."""
    if not address.startswith("/") or address.startswith(("//", "/\\")):
        return "/"
    if any(ord(letter) < 33 or letter == "\\" for letter in address) or len(address) > 300:
        return "/"
    return address

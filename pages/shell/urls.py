"""URLs of topics, and safe targets of redirects."""

import re
import unicodedata
from urllib.parse import quote

from core.text import normalize

_HYPHENS = re.compile("-{2,}")
_LONGEST = 60


def slug_of(title: str) -> str:
    """Return a title as a URL slug: letters of any script with their marks, and digits, joined by hyphens, at most 60."""
    # Vowel signs and tone marks belong to the letter before them; `\\w` does not contain them.
    kept = (
        c if c.isalnum() or unicodedata.category(c)[0] == "M" else "-"
        for c in normalize("NFC", title).lower()
    )
    words = _HYPHENS.sub("-", "".join(kept)).strip("-")
    if len(words) > _LONGEST:
        words = words[:_LONGEST].rpartition("-")[0] or words[:_LONGEST]
    return words or "topic"


def topic_address(topic_id: int, title: str) -> str:
    """Return the canonical path of a topic."""
    return f"/t/{topic_id}/{slug_of(title)}"


def safe_next(address: str) -> str:
    """Return the path if it is on this site, otherwise "/"; a browser must not read it as another host."""
    if not address.startswith("/") or address.startswith(("//", "/\\")):
        return "/"
    if any(ord(letter) < 33 or letter == "\\" for letter in address) or len(address) > 300:
        return "/"
    return address


def page_of(address: str) -> str:
    """Return the path of the page that asked for an account if it is on this site and not the home page, otherwise ""."""
    onward = safe_next(address)
    return "" if onward == "/" else onward


def sign_in_address(onward: str) -> str:
    """Return the address of the form for signing in, which leads on to a path; an empty one is the home page."""
    return f"/signin?next={quote(onward)}" if onward else "/signin"

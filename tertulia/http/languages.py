"""The language of a response: that of `?lang=` in the address, or of the member, the cookie, the browser, the community."""

import re
from collections.abc import Iterable, MutableMapping
from typing import Any

from core.actor import Actor
from core.languages.languages import languages
from core.languages.negotiation import LONGEST_HEADER, preferred_language
from core.languages.texts import speak
from members.accounts.cookies import LANGUAGE_COOKIE

# In the state of a request whose address names the language of the page.
_IS_ASKED_FOR = "language_is_asked_for"
_ASKED = re.compile(rb"(?:^|&)lang=([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)(?=&|$)")
_COOKIE = re.compile(rb"(?:^|;\s*)" + LANGUAGE_COOKIE.encode() + rb"=([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)")


def speak_language_of_request(scope: MutableMapping[str, Any], language_of_community: str) -> None:
    """Use the language that a request asks for, before it is known who sends it."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    asked = _find(_ASKED, scope["query_string"]) if scope["query_string"] else None
    scope.setdefault("state", {})[_IS_ASKED_FOR] = asked is not None
    kept = accepted = None
    for name, value in headers:
        if name == b"cookie":
            kept = kept or _find(_COOKIE, value)
        elif name == b"accept-language":
            accepted = value[:LONGEST_HEADER]
    chosen = asked or kept or (preferred_language(accepted.decode("latin-1")) if accepted else None)
    known = languages()
    speak(known.get(chosen or language_of_community) or known["en"])


def speak_language_of(actor: Actor, scope: Any) -> None:
    """Use the language of the member who sends the request, unless its address names another one."""
    language = languages().get(actor.language or "")
    if language and not scope["state"].get(_IS_ASKED_FOR):
        speak(language)


def _find(pattern: re.Pattern[bytes], where: bytes) -> str | None:
    match = pattern.search(where)
    tag = match[1].decode() if match else None
    return tag if tag in languages() else None

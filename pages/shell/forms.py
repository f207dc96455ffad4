"""Forms: what was typed, read once, and given back with what went wrong when it was refused."""

from collections.abc import Mapping, Sequence
from secrets import token_urlsafe
from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec
from litestar import Request
from msgspec import Struct, field

from core.actor import Actor
from core.errors import Invalid, Malformed, Refusal
from forum.shapes import Preview
from storage.idempotency import KEY_LENGTH, IdempotentRequest, fingerprint

Shape = TypeVar("Shape")

_NEVER_SHOWN = frozenset({"password", "current", "new", "own_password"})
_KEPT = "What you have written is kept below."


class FieldNotAcceptable(Invalid):
    """One of the fields of a form is not acceptable."""

    message = "Something in the form is not acceptable."


class FormUnreadable(Malformed):
    """The body is not a form, or not in UTF-8, or has hundreds of fields."""

    message = "This form could not be read. Nothing has happened."


class BadButton(Invalid):
    """A form came with a button that is none of ours."""

    message = "This button is not known here. Nothing has happened."


Typed = Mapping[str, Sequence[str]]


async def read_form(request: Request[Any, Any, Any]) -> Typed:
    """What was typed, by field, with line breaks as they are stored."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if body and kind != "application/x-www-form-urlencoded":
        raise FormUnreadable
    try:
        found = parse_qs(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=300,
            encoding="utf-8",
        )
    except ValueError as error:
        raise FormUnreadable from error
    return {name: [value.replace("\r\n", "\n") for value in values] for name, values in found.items()}


def text_in(typed: Typed, name: str) -> str:
    """What stands in one field; nothing if it is not there."""
    found = typed.get(name)
    return found[0] if found else ""


def number_in(text: str) -> int | None:
    """A positive number as ids and versions are, or None."""
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        return None
    return int(text) or None


def once_of(request: Request[Any, Any, Any], actor: Actor, typed: Typed) -> IdempotentRequest:
    """What makes a form that is sent twice happen once: the key that came with the page."""
    key = text_in(typed, "key")
    if not 0 < len(key) <= KEY_LENGTH or not key.isascii() or not key.isprintable() or actor.id is None:
        return IdempotentRequest(scope="", key=None, fingerprint=b"")
    said = msgspec.json.encode(sorted(typed.items()))
    return IdempotentRequest(
        scope=f"member:{actor.id}",
        key=f"form {key}"[:KEY_LENGTH],
        fingerprint=fingerprint(request.url.path, said),
    )


def new_key() -> str:
    """A key that makes sending a form twice harmless."""
    return token_urlsafe(15)


class Form(Struct, kw_only=True):
    """One form on a page: where it goes, what stands in it, what was wrong with it."""

    action: str = ""
    verb: str = ""
    draft: str = ""
    typed: Typed = field(default_factory=dict)
    key: str = field(default_factory=new_key)
    version: int | None = None
    preview: Preview | None = None
    refusal: str = ""
    kept: str = ""
    wrong_field: str = ""

    def value(self, name: str) -> str:
        """What stands in a field."""
        found = self.typed.get(name)
        return found[0] if found and name not in _NEVER_SHOWN else ""

    def values(self, name: str) -> Sequence[str]:
        """What is ticked."""
        return self.typed.get(name, ())

    def wrong(self, name: str) -> str:
        """What is wrong with a field, in words."""
        return self.refusal if self.wrong_field == name else ""

    def refuse(self, refusal: Refusal) -> "Form":
        """The same form with what was typed and why it was refused."""
        self.refusal = refusal.detail
        self.wrong_field = refusal.field or ""
        self.kept = _KEPT if any(name not in _NEVER_SHOWN for name in self.typed) else ""
        return self


def to_shape(shape: type[Shape], facts: Mapping[str, Any]) -> Shape:
    """The same Struct that the API takes, from a form's fields; what it refuses is said about the field."""
    try:
        return msgspec.convert(facts, shape)
    except msgspec.ValidationError as error:
        raise _refusal_of(str(error)) from error


def _refusal_of(message: str) -> FieldNotAcceptable:
    text, _, place = message.partition(" - at `$")
    name = place.strip(".`").partition("[")[0]
    return FieldNotAcceptable(_in_words(text, name), field=name or None)


def _in_words(text: str, name: str) -> str:
    if "length >= 1" in text:
        return "This is empty."
    if "length >=" in text:
        return f"This is too short: at least {text.rpartition(' ')[2]} characters."
    if "length <=" in text:
        return f"This is too long: at most {text.rpartition(' ')[2]} " + (
            "items." if "array" in text else "characters."
        )
    if name in ("starts_at", "ends_at"):
        return "Give a day and a time."
    if "regex" in text and name == "email":
        return "This does not look like an e-mail address."
    if "regex" in text and name == "tags":
        return "Tags are small letters, digits and hyphens."
    return "This is not acceptable here."

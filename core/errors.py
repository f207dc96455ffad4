"""Refusals: everything the service says no with, each with a stable public code."""

import re
from collections.abc import Callable
from typing import ClassVar, ParamSpec

P = ParamSpec("P")
_WORDS = re.compile(r"(?<!^)(?=[A-Z])")


class Refusal(Exception):
    """Something that was asked for and is not done; nothing of it has happened."""

    message: ClassVar[str] = "This was refused."

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        self.detail = message or self.message
        self.field = field
        super().__init__(self.detail)

    @property
    def code(self) -> str:
        """The public name, for ever: `TopicLocked` is `topic_locked` in HTTP, in frames and in pages."""
        return code_of(type(self))


def code_of(kind: type[Refusal]) -> str:
    """The stable code of a kind of refusal."""
    return _WORDS.sub("_", kind.__name__).lower()


class NotFound(Refusal):
    """What is asked for does not exist, or must not be known to exist (404, always the same bytes)."""

    message = "There is nothing here that you can see."


class SignInFirst(Refusal):
    """Only signed-in members may do this (401)."""

    message = "Sign in first."


class Denied(Refusal):
    """It can be seen, but this actor may not do this to it (403)."""

    message = "You may not do this."


class Conflict(Refusal):
    """It contradicts what has happened meanwhile (409)."""

    message = "Something else happened first."


class Stale(Refusal):
    """The version given is not the current one (412); `current` is what is there now, as a response Struct."""

    message = "This was changed meanwhile. Look at the current version."

    def __init__(self, current: object = None) -> None:
        self.current = current
        super().__init__()


class Invalid(Refusal):
    """Well formed, but not acceptable (422); `field` says which part."""

    message = "Something in it is not acceptable."


class Malformed(Refusal):
    """Not readable as what it claims to be (400)."""

    message = "This could not be read."


class UnsupportedMediaType(Refusal):
    """A body of another kind than this place takes (415)."""

    message = "This takes JSON: send it with Content-Type: application/json."


class TooBig(Refusal):
    """More bytes than this place takes (413)."""

    message = "This is too big."


class TooMany(Refusal):
    """More often than the limits allow (429); `retry_after` is in seconds."""

    message = "That was too many in a short time. Nothing is lost: try again in a moment."

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__()


class Unavailable(Refusal):
    """Something the service depends on does not answer (503); nothing was changed, or the outcome can be read again."""

    message = "This part of the service does not answer at the moment. Try again shortly."


def allowed(rule: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> bool:
    """Whether a rule would let this pass: what a template asks before it shows a button."""
    try:
        rule(*args, **kwargs)
    except Refusal:
        return False
    return True

"""Refusals: the exceptions by which the service says no, each with a stable public code."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, ParamSpec

from core.languages.texts import gettext, translatable

P = ParamSpec("P")
_WORD_STARTS = re.compile(r"(?<!^)(?=[A-Z])")


class Refusal(Exception):
    """The service refuses a request and has changed nothing."""

    message: ClassVar[str] = translatable("This was refused.")

    def __init__(self, message: str | None = None, *, field: str | None = None, **facts: object) -> None:
        """Refuse with a message that is marked as translatable, and what is put into it by name."""
        self.text = message or self.message
        self.facts = facts
        self.field = field
        # What else is wrong with the same input, in other fields.
        self.others: Sequence[Refusal] = ()
        super().__init__(self.text % facts if facts else self.text)

    @property
    def detail(self) -> str:
        """The message in the language of whoever reads it."""
        return gettext(self.text, **self.facts)

    @property
    def code(self) -> str:
        """The public code, which never changes: `TopicLocked` is `topic_locked` in HTTP responses, frames and pages."""
        return code_of(type(self))

    @property
    def every(self) -> Sequence["Refusal"]:
        """This refusal and those of other fields of the same input."""
        return (self, *self.others)


def code_of(kind: type[Refusal]) -> str:
    """Return the public code of a refusal class."""
    return _WORD_STARTS.sub("_", kind.__name__).lower()


class NotFound(Refusal):
    """The thing does not exist, or the actor must not learn that it exists (404, always with the same body)."""

    message = translatable("This does not exist, or you do not have access to it.")


class SignInFirst(Refusal):
    """Only signed-in members may do this (401)."""

    message = translatable("Sign in first.")


class Denied(Refusal):
    """The actor can see the thing but may not do this (403)."""

    message = translatable("You may not do this.")


class Conflict(Refusal):
    """The request contradicts what has happened meanwhile (409)."""

    message = translatable("Something else happened first.")


class Stale(Refusal):
    """The given version is not the current one (412); `current` is the current state, as a response Struct."""

    message = translatable("This was changed meanwhile. Look at the current version.")

    def __init__(self, current: object = None) -> None:
        self.current = current
        super().__init__()


class Invalid(Refusal):
    """The input can be parsed but is not valid (422); `field` names the invalid part."""

    message = translatable("Something in it is not acceptable.")


class Malformed(Refusal):
    """The input cannot be parsed (400)."""

    message = translatable("This could not be read.")


class UnsupportedMediaType(Refusal):
    """The route does not accept this media type (415)."""

    message = translatable("This takes JSON: send it with Content-Type: application/json.")


class TooBig(Refusal):
    """The body is larger than the route accepts (413)."""

    message = translatable("This is too big.")


class TooMany(Refusal):
    """The actor has used up a rate limit (429); `retry_after` is in seconds."""

    message = translatable("That was too many in a short time. Nothing is lost: try again in a moment.")

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__()

    @property
    def seconds(self) -> int:
        """The whole seconds to wait, at least one, as the header Retry-After says them (RFC 9110, 10.2.3)."""
        return max(1, round(self.retry_after + 0.5))


class Unavailable(Refusal):
    """A service that this one depends on does not answer (503); the client can read whether anything was changed."""

    message = translatable("This part of the service does not answer at the moment. Try again shortly.")


def allowed(rule: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> bool:
    """Return whether the rule raises no refusal; templates use this to decide whether to show a button."""
    try:
        rule(*args, **kwargs)
    except Refusal:
        return False
    return True


class Collector:
    """Collects what is wrong with several fields of an input, so that all of them can be corrected at once."""

    def __init__(self) -> None:
        self.found: list[Refusal] = []

    @contextmanager
    def check(self) -> Iterator[None]:
        """Collect a refusal of the block that is Invalid or names a field; others are raised at once."""
        try:
            yield
        except Refusal as refusal:
            if not isinstance(refusal, Invalid) and refusal.field is None:
                raise
            self.found += refusal.every

    def combine(self) -> Refusal | None:
        """Return the first refusal with the others, one for each field, or None if there is none."""
        fields: dict[str | None, Refusal] = {}
        for refusal in self.found:
            fields.setdefault(refusal.field, refusal)
        if not self.found:
            return None
        first, *others = fields.values()
        first.others = tuple(others)
        return first

    def refuse(self) -> None:
        """Raise the first refusal with the others, one for each field; return if there is none."""
        if combined := self.combine():
            raise combined


def refuse_all(found: Sequence[Refusal]) -> None:
    """Raise the first of these refusals with the others; return if there is none."""
    each = Collector()
    each.found += found
    each.refuse()


@contextmanager
def every_refusal() -> Iterator[Collector]:
    """Collect the refusals of the blocks `with each.check():`, and raise the first with the others at the end.

    What the block raises itself joins them if it is about a field.
    """
    each = Collector()
    with each.check():
        yield each
    each.refuse()

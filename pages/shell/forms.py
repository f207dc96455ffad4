"""Forms: the values that were typed, and showing a form again with the reason when it was refused."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from secrets import token_urlsafe
from typing import Any, TypeVar
from urllib.parse import parse_qs

import msgspec
from litestar import Request, Response
from msgspec import Struct, field

from core.errors import Invalid, Malformed, NotFound, Refusal, TooMany
from core.http import status_of
from core.input.wrong_fields import refuse_every_field
from core.languages.texts import gettext, translatable
from core.visible import TOO_LONG, TOO_SHORT, ensure_input_visible
from forum.shapes import Preview
from pages.shell.context import PageContext
from storage.idempotency import KEY_LENGTH, IdempotentRequest, fingerprint

Shape = TypeVar("Shape")

# Passwords are never sent back to the browser.
_SECRET_FIELDS = frozenset({"password", "current", "new", "own_password"})
_KEPT = translatable("What you typed is kept below.")
ENTER_DATE_AND_TIME = translatable("Enter a date and a time.")


class FieldNotAcceptable(Invalid):
    """A field of the form is not acceptable."""

    message = translatable("Something in the form needs to be corrected.")


class FormUnreadable(Malformed):
    """The request body is not a form, is not in UTF-8, or has more than 300 fields."""

    message = translatable("This form could not be read. Nothing was changed.")


class BadButton(Invalid):
    """The form has an unknown button, or a button with an unreadable value."""

    message = translatable("This button is not known. Nothing was changed.")


# The values of a form by field; a field can have several.
Typed = Mapping[str, Sequence[str]]

NOT_FOUND = frozenset({404})
NO_STATUS: frozenset[int] = frozenset()


async def read_form(request: Request[Any, Any, Any]) -> Typed:
    """Return the values of a form by field, with Unix line breaks; raise FormUnreadable."""
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
    """Return the value of a field, or "" if it is missing."""
    found = typed.get(name)
    return found[0] if found else ""


def number_in(text: str) -> int | None:
    """Return a positive number such as an id or a version, or None if the text is not one."""
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        return None
    return int(text) or None


def idempotent_request(context: PageContext, typed: Typed) -> IdempotentRequest:
    """Return the idempotency of a form by its hidden key, so that a form that is sent twice takes effect once."""
    actor, key = context.actor, text_in(typed, "key")
    if not 0 < len(key) <= KEY_LENGTH or not key.isascii() or not key.isprintable() or actor.id is None:
        return IdempotentRequest(scope="", key=None, fingerprint=b"")
    values = msgspec.json.encode(sorted(typed.items()))
    return IdempotentRequest(
        scope=f"member:{actor.id}",
        key=f"form {key}"[:KEY_LENGTH],
        fingerprint=fingerprint(context.request.url.path, values),
    )


def new_key() -> str:
    """Return a new idempotency key for a form."""
    return token_urlsafe(15)


class Form(Struct, kw_only=True):
    """A form on a page: its target, its values, and why it was refused."""

    action: str = ""
    verb: str = ""
    draft: str = ""
    typed: Typed = field(default_factory=dict)
    key: str = field(default_factory=new_key)
    version: int | None = None
    preview: Preview | None = None
    refusal: str = ""
    kept: str = ""
    wrong_fields: dict[str, str] = field(default_factory=dict)
    """What is wrong with fields of the form, by their names."""
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The ids and labels of the wrong fields that the page shows."""
    names: dict[str, str] = field(default_factory=dict)
    """The names of fields of the form that have another name in what the API takes, by that name."""
    offsets: Sequence[str] = ()
    """The offsets from UTC to choose from, if the refused field is a local time that occurs twice."""

    def value(self, name: str) -> str:
        """Return the value of a field to show, or ""; passwords are never shown."""
        found = self.typed.get(name)
        return found[0] if found and name not in _SECRET_FIELDS else ""

    def values(self, name: str) -> Sequence[str]:
        """Return all values of a field, such as the ticked boxes."""
        return self.typed.get(name, ())

    def blank(self) -> "Form":
        """Return an empty form, for another form of the page that was not sent."""
        return Form()

    def wrong(self, name: str, label: str = "", at: str = "") -> str:
        """Return what is wrong with a field, or "". With its label, and its id if that is not its name, the summary above
        the form links to it."""
        problem = self.wrong_fields.get(name, "")
        if problem and label:
            self.labels[name] = (at or name, label)
        return problem

    def refuse(self, refusal: Refusal) -> "Form":
        """Store why the form was refused, and return the form."""
        self.refusal = refusal.detail
        for each in refusal.every:
            self.wrong_fields.setdefault(self._own_name(each.field or ""), each.detail)
        self.offsets = getattr(refusal, "offsets", ())
        self.kept = gettext(_KEPT) if any(name not in _SECRET_FIELDS for name in self.typed) else ""
        return self

    def _own_name(self, field: str) -> str:
        """Return the name of the form's field for a path in what the API takes, such as `reason.rule` or `tags[...]`."""
        path = field.partition("[")[0]
        last = path.rpartition(".")[2]
        for part in (path, last, path.partition(".")[0]):
            if part in self.names or part in self.typed:
                return self.names.get(part, part)
        return last


FormAction = Callable[[Form], Awaitable[Response[bytes]]]
FormPage = Callable[[Form, int], Awaitable[Response[bytes]]]


async def form_of(context: PageContext) -> Form:
    """Return the form that the request sends; raise FormUnreadable."""
    return Form(typed=await read_form(context.request))


async def submit(
    form: Form, action: FormAction, page: FormPage, let_through: Collection[int] = NOT_FOUND
) -> Response[bytes]:
    """Run the action of a form and return its response. If the action is refused, return the page with the form, the
    reason and the status of the refusal; raise a refusal whose status is in `let_through`, by default NotFound."""
    try:
        return await action(form)
    except Refusal as refusal:
        status = status_of(refusal)
        if status in let_through:
            raise
        response = await page(form.refuse(refusal), status)
        if isinstance(refusal, TooMany):
            response.headers["Retry-After"] = str(refusal.seconds)
        return response


@contextmanager
def unknown_handle_refused(field: str = "handle") -> Iterator[None]:
    """Turn NotFound into FieldNotAcceptable: the handle that was typed belongs to no member."""
    try:
        yield
    except NotFound as error:
        raise FieldNotAcceptable(translatable("No member has this handle."), field=field) from error


def to_shape(shape: type[Shape], facts: Mapping[str, Any]) -> Shape:
    """Convert the values of a form to the Struct that the API takes; raise a refusal that names every wrong field."""
    try:
        converted = msgspec.convert(facts, shape)
    except msgspec.ValidationError as error:
        raise refuse_every_field(shape, facts, error, _refusal_of) from error
    ensure_input_visible(converted)
    return converted


def _refusal_of(message: str) -> FieldNotAcceptable:
    text, _, path = message.partition(" - at `$")
    name = path.strip(".`").partition("[")[0]
    message, facts = _in_words(text, name)
    return FieldNotAcceptable(message, field=name or None, **facts)


def _in_words(text: str, name: str) -> tuple[str, Mapping[str, object]]:
    """Return the message for an error of msgspec, and what is put into it."""
    limit = text.rpartition(" ")[2]
    if "length >= 1" in text or "missing required field" in text:
        return translatable("Enter something here."), {}
    if "length >=" in text:
        return TOO_SHORT, {"least": limit}
    if "length <=" in text and "array" in text:
        return translatable("This is too long: at most %(most)s items."), {"most": limit}
    if "length <=" in text:
        return TOO_LONG, {"most": limit}
    if name in ("starts_at", "ends_at"):
        return ENTER_DATE_AND_TIME, {}
    if "regex" in text and name == "email":
        return translatable("This does not look like an e-mail address."), {}
    return translatable("This value is not acceptable."), {}

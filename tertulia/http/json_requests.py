"""Parsing of JSON bodies straight into the Struct of the route, with the field in the refusal if one is invalid."""

import re
from typing import Any

import msgspec
from litestar import Request

from core.errors import Invalid, Malformed
from core.input.nesting import is_nested_too_deeply
from core.input.wrong_fields import refuse_every_field
from core.languages.texts import translatable
from core.visible import ensure_input_visible

_NOT_JSON = translatable("This is not readable as JSON.")
_FIELD = re.compile(r" - at `(?:key` in `)?\$\.?([^`]*)`$")


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body is parsed strictly: "7" is not a number and 1 is not true.

    Litestar would parse JSON without types and then convert each value to the type that the route expects.
    """

    async def json(self) -> Any:
        """Return the body as the Struct of the route; raise Invalid or NothingVisible with the field, or Malformed."""
        wanted = self.route_handler.parsed_data_field
        shape: Any = wanted.annotation if wanted else Any
        body = await self.body()
        if is_nested_too_deeply(body):
            raise Malformed(_NOT_JSON)
        try:
            given = msgspec.json.decode(body, type=shape)
        except msgspec.ValidationError as error:
            raise refuse_every_field(shape, _untyped(body), error, refusal_of) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Malformed(_NOT_JSON) from error
        ensure_input_visible(given)
        return given


def _untyped(body: bytes) -> object:
    # What does not fit was found before the rest of the body was read, which may be unreadable.
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def refusal_of(message: str) -> Invalid:
    """Return the refusal for a message of msgspec, with the path of the field that it names."""
    found = _FIELD.search(message)
    detail = _FIELD.sub("", message)
    if "matching regex" in detail:
        detail = translatable("It contains characters that are not allowed here, or has not the right form.")
    return Invalid(detail, field=found[1] if found else None)

"""Bodies: JSON that is read at once as what its route takes, and named where it is something else."""

import re
from typing import Any

import msgspec
from litestar import Request

from core.errors import Invalid, Malformed

_FIELD = re.compile(r" - at `(?:key` in `)?\$\.?([^`]*)`$")


class StrictRequest(Request[Any, Any, Any]):
    """A request whose body means what it says: "7" is no number here, and 1 is no yes.

    The framework would read JSON without looking at the types and then make of each value what the route takes.
    """

    async def json(self) -> Any:
        """The body as the route's Struct; `Invalid` with the field, or `Malformed`."""
        wanted = self.route_handler.parsed_data_field
        try:
            return msgspec.json.decode(await self.body(), type=wanted.annotation if wanted else Any)
        except msgspec.ValidationError as error:
            raise refusal_of(str(error)) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed("This is not readable as JSON.") from error


def refusal_of(message: str) -> Invalid:
    """What is wrong with a value, and where it stands, from the words of who looked at it."""
    found = _FIELD.search(message)
    detail = _FIELD.sub("", message)
    if "matching regex" in detail:
        detail = "It contains characters that are not allowed here, or has not the right form."
    return Invalid(detail, field=found[1] if found else None)

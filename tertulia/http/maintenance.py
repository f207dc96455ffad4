"""What switches do to every request: during maintenance nobody can write, and every page says so; every page of a
demonstration says what it is."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request

from core.errors import Unavailable
from core.languages.texts import translatable
from pages.shell.renderer import Renderer
from storage.switches import DEMONSTRATION, MAINTENANCE, Switches
from tertulia.http.look_around import LOOK_AROUND
from tertulia.http.request_context import SAFE

DEFAULT_NOTE = translatable("The service is being maintained. You can read, but not write for a while.")


class UnderMaintenance(Unavailable):
    """An operator has stopped all writing for a while; reading goes on."""

    message = translatable(
        "The service is being maintained, so nothing was changed. Keep your text and try again later."
    )


def make_maintenance_guard(
    switches: Switches, renderer: Renderer
) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    """Return the check that runs before every route: it refuses writes, and sets the banner of pages."""

    async def check(request: Request[Any, Any, Any]) -> None:
        # Read once: while the database does not answer, each reading waits for it.
        found = await switches.read()
        on = found.get(MAINTENANCE)
        renderer.banner = "" if on is None else on.note or DEFAULT_NOTE
        renderer.demonstration = LOOK_AROUND if DEMONSTRATION in found else None
        if on is not None and request.method not in SAFE:
            raise UnderMaintenance

    return check

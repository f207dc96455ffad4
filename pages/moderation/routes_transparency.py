"""The yearly report on moderation as a page that prints well."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from core import clock
from moderation.ledger.transparency import read_year_report
from pages.moderation.queue_view import ACTIONS, REASONS
from pages.shell.context import PageContext
from pages.shell.renderer import go_to

Year = Annotated[int, PathParameter(ge=1, le=9999)]


@get("/transparency", include_in_schema=False)
async def show_this_year() -> Response[bytes]:
    """On to the year that it is."""
    return go_to(f"/transparency/{clock.now().year}")


@get("/transparency/{year:int}", include_in_schema=False)
async def show_year(year: Year, context: NamedDependency[PageContext]) -> Response[bytes]:
    """What was reported and decided in a year."""
    async with context.db.read() as tx:
        made = await read_year_report(tx, year)
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/transparency.html",
        made=made,
        is_over=made.ends_at <= made.made_at,
        reasons=REASONS,
        actions=ACTIONS,
        duration=duration,
    )


def duration(seconds: int | None) -> str:
    """A span of time in the two largest words that it needs."""
    if seconds is None:
        return "nothing yet"
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute"), (left, "second")]
    first = next((place for place, (count, _) in enumerate(parts) if count), 3)
    shown = [part for part in parts[first : first + 2] if part[0] or part == parts[first]]
    return " ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in shown)


routes = [show_this_year, show_year]

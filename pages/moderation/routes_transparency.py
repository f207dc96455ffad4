"""The transparency report of a year, made for printing."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from core import clock
from moderation.ledger.transparency import read_year_report
from pages.moderation.queue_view import ACTIONS, REASONS
from pages.shell.context import PageContext
from pages.shell.renderer import redirect

Year = Annotated[int, PathParameter(ge=1, le=9999)]


@get("/transparency", include_in_schema=False)
async def show_this_year() -> Response[bytes]:
    """Redirect to the report of the current year."""
    return redirect(f"/transparency/{clock.now().year}")


@get("/transparency/{year:int}", include_in_schema=False)
async def show_year(year: Year, context: NamedDependency[PageContext]) -> Response[bytes]:
    """Show the transparency report of a year."""
    async with context.db.read() as tx:
        report = await read_year_report(tx, year)
    return context.renderer.page(
        context.request,
        context.actor,
        "moderation/transparency.html",
        report=report,
        is_over=report.ends_at <= report.made_at,
        reasons=REASONS,
        actions=ACTIONS,
        duration=duration,
    )


def duration(seconds: int | None) -> str:
    """Return seconds as text in their two largest units, such as "2 days 3 hours"."""
    if seconds is None:
        return "no data yet"
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    parts = [(days, "day"), (hours, "hour"), (minutes, "minute"), (left, "second")]
    first = next((index for index, (count, _) in enumerate(parts) if count), 3)
    shown = [part for part in parts[first : first + 2] if part[0] or part == parts[first]]
    return " ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in shown)


routes = [show_this_year, show_year]

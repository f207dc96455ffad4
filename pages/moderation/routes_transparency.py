"""The transparency report of a year, made for printing."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from core import clock
from core.languages.formats import list_in
from core.languages.texts import current_language, gettext, ngettext
from moderation.ledger.transparency import read_year_report
from pages.moderation.labels import action_labels, reason_labels
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
        reasons=reason_labels(),
        actions=action_labels(),
        duration=duration,
    )


def duration(seconds: int | None) -> str:
    """Return seconds as text in their two largest units, such as "2 days, 3 hours"."""
    if seconds is None:
        return gettext("no data yet")
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    parts = [
        (days, ngettext("%(num)s day", "%(num)s days", days)),
        (hours, ngettext("%(num)s hour", "%(num)s hours", hours)),
        (minutes, ngettext("%(num)s minute", "%(num)s minutes", minutes)),
        (left, ngettext("%(num)s second", "%(num)s seconds", left)),
    ]
    first = next((index for index, (count, _) in enumerate(parts) if count), 3)
    shown = [words for count, words in parts[first : first + 2] if count or words == parts[first][1]]
    return list_in(current_language(), shown, "unit")


routes = [show_this_year, show_year]

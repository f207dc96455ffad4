"""HTTP routes of the public moderation log (the ledger) and of the yearly transparency report."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, PathParameter, QueryParameter

from core.http import Cursor
from moderation.ledger import ledger, transparency
from moderation.ledger.shapes import LedgerFilter, LedgerPage
from moderation.ledger.shapes_transparency import YearReport
from moderation.shapes import Action
from storage.database import Database

ActionFilter = Annotated[Action | None, QueryParameter(name="action")]
# `reversed` would shadow the built-in function.
ReversedFilter = Annotated[bool | None, QueryParameter(name="reversed")]
Year = Annotated[int, PathParameter(ge=1, le=9999)]


@get("/ledger", operation_id="read_ledger")
async def read_ledger(
    db: NamedDependency[Database],
    sector: FromQuery[str | None] = None,
    action: ActionFilter = None,
    moderator: FromQuery[str | None] = None,
    is_reversed: ReversedFilter = None,
    after: Cursor = None,
) -> LedgerPage:
    """Read one page of all public decisions, newest first. Nobody is named."""
    only = LedgerFilter(sector=sector, action=action, moderator=moderator, reversed=is_reversed)
    async with db.read() as tx:
        return await ledger.read_ledger(tx, after, only)


@get("/transparency/{year:int}", operation_id="read_year")
async def read_year_report(year: Year, db: NamedDependency[Database]) -> YearReport:
    """Show the transparency report of a year: counts and medians, without names."""
    async with db.read() as tx:
        return await transparency.read_year_report(tx, year)


@get("/transparency/{year:int}/report.csv", operation_id="keep_year_csv")
async def download_year_csv(year: Year, db: NamedDependency[Database]) -> Response[bytes]:
    """Download the transparency report of a year as a CSV file."""
    async with db.read() as tx:
        table = transparency.write_report_csv(await transparency.read_year_report(tx, year))
    return Response(
        table,
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="transparency-{year}.csv"',
            "Cache-Control": "no-store",
        },
    )


routes = [read_ledger, read_year_report, download_year_csv]

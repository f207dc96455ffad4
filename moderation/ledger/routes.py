"""The HTTP side of the yearly report."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from moderation.ledger.transparency import read_year, year_csv
from moderation.shapes_transparency import YearReport
from storage.database import Database

Year = Annotated[int, PathParameter(ge=1, le=9999)]


@get("/transparency/{year:int}", operation_id="read_year")
async def read_year_report(year: Year, db: NamedDependency[Database]) -> YearReport:
    """What was reported and decided in a year: counts and medians, naming nobody."""
    async with db.read() as tx:
        return await read_year(tx, year)


@get("/transparency/{year:int}/report.csv", operation_id="keep_year_csv")
async def keep_year_csv(year: Year, db: NamedDependency[Database]) -> Response[bytes]:
    """The same as one table."""
    async with db.read() as tx:
        made = year_csv(await read_year(tx, year))
    return Response(
        made,
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="transparency-{year}.csv"',
            "Cache-Control": "no-store",
        },
    )


routes = [read_year_report, keep_year_csv]

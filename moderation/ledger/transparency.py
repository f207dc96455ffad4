"""The yearly transparency report, as articles 15 and 24 of the Digital Services Act require.

It counts all decisions. It quotes a rule only if the decision is in the public log, which leaves out content that is not
public.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from asyncpg import Record

from core import clock
from core.errors import NotFound
from gatherings.record.exports import Cell, ExportTable, write_csv
from moderation.ledger.shapes_transparency import (
    ActionCount,
    GroundCount,
    MedianDurations,
    ReasonCount,
    YearReport,
)
from moderation.reasons.reasons import Templates
from moderation.reasons.templates import load_templates
from storage.database import Reader
from storage.statements import Statement, statement

FIRST_YEAR = 2000

COUNT_YEAR_TOTALS = statement("""
SELECT (SELECT count(*) FROM flags WHERE flagged_at >= :begins AND flagged_at < :ends) AS notices,
    (SELECT count(*) FROM flags WHERE report_id IS NOT NULL AND flagged_at >= :begins AND flagged_at < :ends)
        AS notices_from_outside,
    (SELECT count(*) FROM cases WHERE opened_at >= :begins AND opened_at < :ends) AS cases_opened,
    (SELECT count(*) FROM cases c WHERE c.opened_at < :ends AND NOT EXISTS (
        SELECT FROM decisions d WHERE d.case_id = c.id AND d.undone_at IS NULL AND d.decided_at < :ends)) AS cases_open,
    (SELECT count(*) FROM decisions WHERE undone_at IS NULL AND decided_at >= :begins AND decided_at < :ends) AS decisions,
    (SELECT count(*) FROM decisions WHERE undone_at IS NULL AND reversed_at >= :begins AND reversed_at < :ends) AS reversals,
    (SELECT count(*) FROM decisions WHERE undone_at IS NULL AND automated
        AND decided_at >= :begins AND decided_at < :ends) AS automated,
    a.*
FROM (
    SELECT count(*) AS appeals, count(*) FILTER (WHERE outcome = 'upheld') AS appeals_upheld,
        count(*) FILTER (WHERE outcome = 'reversed') AS appeals_reversed,
        count(*) FILTER (WHERE outcome IS NULL) AS appeals_waiting
    FROM appeals WHERE appealed_at >= :begins AND appealed_at < :ends
) a
""")
COUNT_FLAGS_BY_REASON = statement("""
SELECT reason, count(*) FILTER (WHERE report_id IS NULL) AS by_members,
    count(*) FILTER (WHERE report_id IS NOT NULL) AS from_outside
FROM flags WHERE flagged_at >= :begins AND flagged_at < :ends GROUP BY reason ORDER BY count(*) DESC, reason
""")
COUNT_DECISIONS_BY_ACTION = statement("""
SELECT action, count(*) AS decisions, count(reversed_at) AS reversed
FROM decisions WHERE undone_at IS NULL AND decided_at >= :begins AND decided_at < :ends
GROUP BY action ORDER BY count(*) DESC, action
""")
COUNT_DECISIONS_BY_GROUND = statement("""
SELECT CASE WHEN o.is_public THEN d.rule END AS ground, count(*) AS decisions
FROM decisions d JOIN case_subjects o ON o.case_id = d.case_id
WHERE d.undone_at IS NULL AND d.decided_at >= :begins AND d.decided_at < :ends GROUP BY 1
""")
SELECT_YEAR_MEDIANS = statement("""
WITH first AS (
    SELECT DISTINCT ON (d.case_id) d.case_id, d.decided_at FROM decisions d
    WHERE d.undone_at IS NULL AND d.decided_at < :ends ORDER BY d.case_id, d.decided_at, d.id
), waited AS (
    SELECT c.id, extract(epoch FROM f.decided_at - c.opened_at) AS seconds
    FROM first f JOIN cases c ON c.id = f.case_id WHERE f.decided_at >= :begins
)
SELECT (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FROM waited) AS to_decision,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) FROM waited w
        WHERE EXISTS (SELECT FROM reports r WHERE r.case_id = w.id)) AS to_decision_of_reports,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM reversed_at - decided_at)) FROM decisions
        WHERE undone_at IS NULL AND reversed_at >= :begins AND reversed_at < :ends) AS to_reversal,
    (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM answered_at - appealed_at)) FROM appeals
        WHERE answered_at >= :begins AND answered_at < :ends) AS to_answer_of_appeals
""")


async def read_year_report(tx: Reader, year: int) -> YearReport:
    """Return the transparency report of a year that has begun; raise NotFound for other years."""
    now = clock.now()
    if not FIRST_YEAR <= year <= now.year:
        raise NotFound
    begins, ends = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    counts = await tx.row(COUNT_YEAR_TOTALS, begins=begins, ends=ends)
    medians = await tx.row(SELECT_YEAR_MEDIANS, begins=begins, ends=ends)
    assert counts is not None
    assert medians is not None

    async def rows(query: Statement) -> list[Record]:
        return await tx.rows(query, begins=begins, ends=ends)

    return YearReport(
        year=year,
        begins_at=begins,
        ends_at=ends,
        made_at=now,
        notices_by_members=counts["notices"] - counts["notices_from_outside"],
        reasons=[ReasonCount(*row) for row in await rows(COUNT_FLAGS_BY_REASON)],
        actions=[ActionCount(*row) for row in await rows(COUNT_DECISIONS_BY_ACTION)],
        grounds=_grounds(await rows(COUNT_DECISIONS_BY_GROUND), await load_templates(tx), ends),
        medians=MedianDurations(**{name: _seconds(value) for name, value in medians.items()}),
        automated_share=counts["automated"] / counts["decisions"] if counts["decisions"] else None,
        **dict(counts.items()),
    )


def _grounds(rows: Sequence[Record], templates: Templates, ends: datetime) -> list[GroundCount]:
    """Count the rules of templates once, in the language of the reader, whichever language the moderators used."""
    counts: Counter[str | None] = Counter()
    for row in rows:
        ground = row["ground"]
        counts[ground and templates.rule_for_reader(ground, ends)] += row["decisions"]
    found = sorted(counts.items(), key=lambda one: (-one[1], one[0] is None, one[0] or ""))
    return [GroundCount(ground, count) for ground, count in found]


def write_report_csv(report: YearReport) -> bytes:
    """Return the transparency report as a CSV file with one table per section."""
    return write_csv(
        [
            ExportTable("Totals", ("What", "Count"), _totals(report)),
            ExportTable(
                "Notices by reason",
                ("Reason", "By members", "From outside"),
                [(count.reason, count.by_members, count.from_outside) for count in report.reasons],
            ),
            ExportTable(
                "Decisions by action",
                ("Action", "Decisions", "Reversed"),
                [(count.action, count.decisions, count.reversed) for count in report.actions],
            ),
            ExportTable(
                "Decisions by ground",
                ("Ground", "Decisions"),
                [(count.ground or "", count.decisions) for count in report.grounds],
            ),
            ExportTable(
                "Medians",
                ("What", "Seconds"),
                [
                    (name, _csv_cell(getattr(report.medians, name)))
                    for name in MedianDurations.__struct_fields__
                ],
            ),
        ]
    )


def _totals(report: YearReport) -> list[tuple[Cell, ...]]:
    values: dict[str, Any] = {name: getattr(report, name) for name in YearReport.__struct_fields__}
    return [(name, value) for name, value in values.items() if isinstance(value, int)]


def _csv_cell(seconds: int | None) -> Cell:
    return "" if seconds is None else seconds


def _seconds(value: float | None) -> int | None:
    return None if value is None else round(value)

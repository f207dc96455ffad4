"""The command `tertulia import`: imports archives of mailing lists."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from forum.archive.archives import Remark
from forum.archive.imports import ImportReport, import_archives
from storage.database import Database
from tertulia.commands.context import run_with_database

# More remarks than these are only in the JSON.
LISTED_REMARKS = 100


@click.group("import")
def import_group() -> None:
    """Import discussions from other systems."""


@import_group.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
)
@click.option("--sector", "slug", required=True, help="slug of the sector for the new topics")
@click.option("--data", type=click.Path(path_type=Path), help="data folder of the embedded database")
@click.option("--json", "as_json", is_flag=True, help="print the report as JSON, with all remarks")
def mbox(files: Sequence[Path], slug: str, data: Path | None, as_json: bool) -> None:
    """Import archives of mailing lists: mbox FILES, plain or gzipped.

    Threads become topics. Authors become members, who can claim their posts by verifying their e-mail address. Importing
    the same files again adds only new messages; an interrupted import continues where it stopped. No e-mails are sent.
    """
    with click.progressbar(length=1, label="Importing", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        async def work(db: Database) -> ImportReport:
            return await import_archives(db, slug, files, progress)

        report = run_with_database(work, data)
        bar.update(max(0, (bar.length or 0) - bar.pos))
    click.echo(msgspec.json.encode(report).decode() if as_json else _format_report(report))


def _format_report(report: ImportReport) -> str:
    lines = [
        f"{report.read} mails read: {report.imported} imported, {report.already_there} there already, "
        f"{sum(report.skipped.values())} skipped.",
        f"{report.topics_new} topics new, {report.topics_grown} grown; {report.authors_new} authors new.",
    ]
    if report.conflicts:
        lines.append(
            f"{report.conflicts} mails have the id of another mail and another text; both are imported."
        )
    lines += [f"  skipped, {why}: {count}" for why, count in sorted(report.skipped.items())]
    lines += [f"  made good, {what}: {count}" for what, count in sorted(report.made_good.items())]
    lines += map(_format_remark, report.remarks[:LISTED_REMARKS])
    if len(report.remarks) > LISTED_REMARKS:
        lines.append(f"{len(report.remarks) - LISTED_REMARKS} more remarks are listed by --json.")
    return "\n".join(lines)


def _format_remark(remark: Remark) -> str:
    detail = f": {remark.detail}" if remark.detail else ""
    skipped = "skipped, " if remark.is_skipped else ""
    return f"  {remark.file}, mail {remark.position} <{remark.id}>: {skipped}{remark.what}{detail}"

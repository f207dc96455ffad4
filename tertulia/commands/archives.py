"""The command `tertulia import`: imports archives of mailing lists."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from forum.archive.archives import Remark
from forum.archive.imports import ImportReport, import_archives
from storage.database import Database
from tertulia.command_groups import Group
from tertulia.commands.context import run_with_database

# More remarks than these are only in the JSON.
LISTED_REMARKS = 100


@click.group("import", cls=Group)
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
    skipped = sum(report.skipped.values())
    lines = [
        f"Read {_count(report.read, 'message')}.",
        f"Imported {_count(report.imported, 'message')} into {_count(report.topics_new, 'new topic')} "
        f"and {_count(report.topics_grown, 'existing topic')}.",
        f"Added {_count(report.authors_new, 'author')}.",
        f"Left out {_count(report.already_there, 'message')} that had been imported before.",
    ]
    if skipped:
        lines.append(f"Skipped {_count(skipped, 'message')}, for these reasons:")
        lines += [f"  {why}: {count}" for why, count in sorted(report.skipped.items())]
    if report.conflicts:
        lines.append(
            f"Imported {_count(report.conflicts, 'message')} although another message with a different text has the same id."
        )
    if report.made_good:
        lines.append("Read these messages in spite of an error, or without a part of them:")
        lines += [f"  {what}: {count}" for what, count in sorted(report.made_good.items())]
    if report.remarks:
        lines.append("Remarks about single messages:")
        lines += map(_format_remark, report.remarks[:LISTED_REMARKS])
    if len(report.remarks) > LISTED_REMARKS:
        more = len(report.remarks) - LISTED_REMARKS
        lines.append(f"Use --json to list {_count(more, 'more remark')}.")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _format_remark(remark: Remark) -> str:
    detail = f": {remark.detail}" if remark.detail else ""
    skipped = "skipped, " if remark.is_skipped else ""
    return f"  {remark.file}, message {remark.position} <{remark.id}>: {skipped}{remark.what}{detail}"

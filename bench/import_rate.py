"""How fast an archive becomes topics, beside what the standard library takes only to read the same file.

`python -m bench.import_rate [FILE...]`; without files, an archive made up here: the same for everybody.
"""

import asyncio
import gzip
import mailbox
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.harness.figures import Figure, conclude, heading, median
from bench.harness.texts import a_reply
from forum.archive.archives import read_archives
from forum.archive.imports import import_archives
from forum.archive.threading import MessageHeaders, group_into_threads
from forum.text.markdown import render_mail
from storage import schema
from storage.database import connect
from storage.embedded import postgres
from storage.statements import statement
from tertulia.community import put_community, read_community
from tertulia.settings import Settings

MAILS = 4_500
RUNS = 3

_EMPTY = (
    statement("DELETE FROM imported_mails"),
    statement("DELETE FROM posts"),
    statement("DELETE FROM topics"),
)


def make_archive(path: Path) -> Path:
    """An archive in the manner of real ones: threads of one to nine mails that quote each other."""
    head = "From p@example.org Mon Jan  5 09:00:00 2015\nDate: Mon, 05 Jan 2015 09:00:00 +0000\n"
    with path.open("w") as file:
        thread, number = 0, 0
        for i in range(MAILS):
            answer = f"In-Reply-To: <{thread}.{number // 2}@x>\n" if number else ""
            quoted = a_reply(thread, 500).replace("\n", "\n> ")
            file.write(
                f"{head}From: Person {i % 300} <p{i % 300}@example.org>\nSubject: About thread {thread}\n"
                f"Message-ID: <{thread}.{number + 1 if number else 0}@x>\n{answer}\n{a_reply(i, 700)}\n\n"
                f"On Monday, somebody wrote:\n> {quoted}\n\n-- \nPerson {i % 300}\n\n"
            )
            number = number + 1 if number < thread % 9 else 0
            thread += number == 0
    return path


def unzipped(path: Path, folder: Path) -> Path:
    """The file as the standard library can read it."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        plain = folder / path.stem
        plain.write_bytes(gzip.decompress(data))
        return plain
    return path


def read_plainly(paths: list[Path]) -> int:
    """What the standard library takes to read and decode the same mails."""
    count = 0
    for path in paths:
        for message in mailbox.mbox(path, create=False):
            payload = message.get_payload(decode=True)
            str(payload, "utf-8", "replace") if isinstance(payload, bytes) else ""
            count += 1
    return count


async def import_anew(url: str, paths: list[Path]) -> tuple[float, float, int]:
    """Seconds to import into an empty sector, and again into the full one; and how many mails."""
    db = await connect(url, size=4)
    try:
        async with db.begin() as tx:
            await put_community(tx, read_community(Settings().community), datetime.now(UTC))
            for delete in _EMPTY:
                await tx.run(delete)
        start = time.perf_counter()
        report = await import_archives(db, "mobility", paths)
        middle = time.perf_counter()
        await import_archives(db, "mobility", paths)
        return middle - start, time.perf_counter() - middle, report.imported
    finally:
        await db.close()


def timed(work: object, *arguments: object) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    work(*arguments)  # type: ignore[operator]
    return time.perf_counter() - start


def steps_of(paths: list[Path]) -> dict[str, float]:
    """Seconds of the steps that need no database."""
    start = time.perf_counter()
    archive = read_archives(paths, datetime.now(UTC))
    read = time.perf_counter()
    group_into_threads(
        [
            MessageHeaders(id=m.id, parents=m.parents, subject=m.subject, at=m.at or datetime.now(UTC))
            for m in archive.messages
        ]
    )
    woven = time.perf_counter()
    for i in range(len(archive.messages)):
        render_mail(archive.text(i))
    rendered = time.perf_counter()
    archive.close()
    return {"read": read - start, "weave": woven - read, "render": rendered - woven}


def main(files: list[str]) -> int:
    """Measure, print, judge."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [unzipped(Path(file), folder) for file in files] or [make_archive(folder / "made.mbox")]
        heading(f"Importing {', '.join(path.name for path in paths)}")
        with postgres.start(folder / "data") as cluster:
            asyncio.run(schema.migrate(cluster.url, cluster.owner_url))
            # Each round measures everything, so that what else the machine does meanwhile weighs on all of it.
            rounds = [
                (timed(read_plainly, paths), steps_of(paths), asyncio.run(import_anew(cluster.url, paths)))
                for _ in range(RUNS)
            ]
    messages = rounds[0][2][2]
    alone = median(plain for plain, _, _ in rounds)
    anew = median(run[0] for _, _, run in rounds)
    print(f"  {messages} mails; the standard library reads {messages / alone:,.0f}/s")
    for step in ("read", "weave", "render"):
        print(f"  {step:7} {messages / median(steps[step] for _, steps, _ in rounds):10,.0f}/s")
    figures = [
        Figure("mails imported a second", messages / anew, 300),
        Figure(
            "importing, as a multiple of only reading with the standard library",
            median(run[0] / plain for plain, _, run in rounds),
            10,
            "x",
            at_most=True,
        ),
        Figure(
            "importing the same again, as a multiple of that",
            median(run[1] / plain for plain, _, run in rounds),
            3,
            "x",
            at_most=True,
        ),
    ]
    return conclude("import_rate", figures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

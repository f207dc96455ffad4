"""Importing archives: threads of mails become topics of a sector, each mail once however often it is imported."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from asyncpg import Record
from msgspec import Struct

from core import clock
from core.errors import NotFound
from forum.archive.archives import Archive, Remark, read_archives
from forum.archive.bulk_insert import Plot, Seed, plant
from forum.archive.messages import Mail
from forum.archive.threading import Node, Thread, Woven, bare_subject, title_of, weave
from forum.text.markdown import render_mail
from storage.database import Database
from storage.statements import statement

BATCH = 500
BATCH_TEXT = 4_000_000

# Any number: it only has to be the same in every process that imports.
_LOCK = 7_341_003

_TRY_LOCK = statement("SELECT pg_try_advisory_lock(:key)")
_UNLOCK = statement("SELECT pg_advisory_unlock(:key)")
_SECTOR = statement("SELECT id FROM sectors WHERE slug = :slug")
_EARLIER = statement(
    "SELECT i.message_id, i.topic_id, i.post_id, i.subject, i.awaits, p.posted_at FROM imported_mails i "
    "LEFT JOIN posts p ON p.id = i.post_id WHERE i.sector_id = :sector AND (i.message_id = ANY(CAST(:ids AS text[])) "
    "OR i.awaits && CAST(:ids AS text[]) OR i.subject = ANY(CAST(:subjects AS text[]))) ORDER BY p.posted_at, i.post_id"
)

Progress = Callable[[int, int], None]


class NoSuchSector(NotFound):
    """The sector that should take the topics does not exist."""

    message = "There is no such sector."


class ImportReport(Struct, frozen=True, kw_only=True):
    """What became of every mail of the archives: `read = imported + already_there + all skipped`."""

    sector: str
    files: list[str]
    read: int
    imported: int
    already_there: int
    skipped: dict[str, int]
    topics_new: int
    topics_grown: int
    authors_new: int
    made_good: dict[str, int]
    remarks: list[Remark]


class _Plan(Struct, frozen=True, kw_only=True):
    # The archive's mails come first among the nodes, then those known from before only.
    archive: Archive
    nodes: list[Node]
    woven: Woven
    posts: dict[int, int]
    there: frozenset[int]


async def import_archives(
    db: Database, slug: str, paths: Sequence[Path], progress: Progress | None = None
) -> ImportReport:
    """Make topics of what the archives hold and this sector does not; asks no rule, tells nobody by mail."""
    async with db.read() as tx:
        sector = await tx.value(_SECTOR, slug=slug)
    if sector is None:
        raise NoSuchSector(field="sector")

    archive = read_archives(paths, clock.now())
    try:
        async with _alone(db):
            plan = await _plan(db, sector, archive)
            done = await _plant_all(db, sector, plan, progress)
    finally:
        archive.close()
    return _report(slug, paths, plan, done)


@asynccontextmanager
async def _alone(db: Database) -> AsyncIterator[None]:
    # Two imports take turns: each must see all that the other has done.
    async with db.read() as tx:
        while not await tx.value(_TRY_LOCK, key=_LOCK):  # noqa: ASYNC110  the other one is in another process
            await asyncio.sleep(0.2)
        try:
            yield
        finally:
            await tx.value(_UNLOCK, key=_LOCK)


async def _plan(db: Database, sector: int, archive: Archive) -> _Plan:
    places = {mail.id: i for i, mail in enumerate(archive.mails)}
    rows = await _find_earlier(db, sector, archive)
    nodes = [_node(mail, rows.get(mail.id)) for mail in archive.mails]
    posts: dict[int, int] = {}
    awaited: dict[str, int] = {}
    for identity, row in rows.items():
        if row["topic_id"] is None or row["post_id"] is None:
            continue
        i = places.get(identity, len(nodes))
        if i == len(nodes):
            nodes.append(
                Node(
                    id=identity,
                    parents=(),
                    subject=row["subject"],
                    at=row["posted_at"],
                    topic=row["topic_id"],
                )
            )
        posts[i] = row["post_id"]
        awaited.update({wanted: i for wanted in row["awaits"] if wanted not in awaited})
    there = frozenset(i for identity, i in places.items() if identity in rows)
    return _Plan(archive=archive, nodes=nodes, woven=weave(nodes, awaited), posts=posts, there=there)


async def _find_earlier(db: Database, sector: int, archive: Archive) -> dict[str, Record]:
    ids = list({name for mail in archive.mails for name in (mail.id, *mail.parents)})
    subjects = list({bare_subject(mail.subject)[:200] for mail in archive.mails} - {""})
    rows: dict[str, Record] = {}
    async with db.read() as tx:
        for start in range(0, max(len(ids), len(subjects)), 5_000):
            span = slice(start, start + 5_000)
            found = await tx.rows(_EARLIER, sector=sector, ids=ids[span], subjects=subjects[span])
            rows.update({row["message_id"]: row for row in found})
    return rows


def _node(mail: Mail, row: Record | None) -> Node:
    return Node(
        id=mail.id,
        parents=mail.parents,
        subject=mail.subject,
        at=mail.at or clock.now(),
        topic=row["topic_id"] if row else None,
    )


async def _plant_all(db: Database, sector: int, plan: _Plan, progress: Progress | None) -> Counter[str]:
    # A thread is never divided between transactions: whenever this is killed, what is there is whole, and the next
    # run weaves the same threads and goes on with the first that is missing.
    done: Counter[str] = Counter()
    total = len(plan.archive.mails) - len(plan.there)
    for plots in _batches(plan):
        async with db.begin() as tx:
            done.update(await plant(tx, sector, plots, clock.now()))
        if progress:
            progress(done["mails"], total)
    return done


def _batches(plan: _Plan) -> Iterator[list[Plot]]:
    batch: list[Plot] = []
    count = size = 0
    for thread in plan.woven.threads:
        plot = _plot(plan, thread)
        if plot is None:
            continue
        batch.append(plot)
        count += len(plot.seeds)
        size += sum(len(seed.html) for seed in plot.seeds)
        if count >= BATCH or size >= BATCH_TEXT:
            yield batch
            batch, count, size = [], 0, 0
    if batch:
        yield batch


def _plot(plan: _Plan, thread: Thread) -> Plot | None:
    mails = plan.archive.mails
    fresh = [i for i in thread.order if i < len(mails) and i not in plan.there]
    if not fresh:
        return None
    return Plot(
        topic=thread.topic, title=title_of(mails[fresh[0]].subject), seeds=[_seed(plan, i) for i in fresh]
    )


def _seed(plan: _Plan, i: int) -> Seed:
    mail, node, parent = plan.archive.mails[i], plan.nodes[i], plan.woven.parents[i]
    text = plan.archive.text(i)
    return Seed(
        key=i,
        parent=parent,
        parent_post=None if parent is None else plan.posts.get(parent),
        message_id=mail.id,
        subject=bare_subject(mail.subject)[:200],
        awaits=[wanted for wanted in mail.parents if plan.woven.awaited.get(wanted) == i],
        address=mail.address,
        name=mail.name,
        at=node.at,
        text=text,
        html=render_mail(text).html,
    )


def _report(slug: str, paths: Sequence[Path], plan: _Plan, done: Counter[str]) -> ImportReport:
    archive = plan.archive
    for i, what in plan.woven.remarks:
        archive.remark(i, what)
    there = {archive.mails[i].id for i in plan.there}
    remarks = [remark for remark in archive.remarks if remark.is_skipped or remark.id not in there]
    return ImportReport(
        sector=slug,
        files=[path.name for path in paths],
        read=archive.read,
        imported=done["mails"],
        already_there=len(there),
        skipped=archive.skipped,
        topics_new=done["new"],
        topics_grown=done["grown"],
        authors_new=done["authors"],
        made_good=dict(Counter(remark.what for remark in remarks if not remark.is_skipped)),
        remarks=remarks,
    )

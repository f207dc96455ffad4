"""Import of mailing-list archives: threads become topics of a sector, and a message is never imported twice into it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from asyncpg import Record
from msgspec import Struct

from core import clock
from core.errors import NotFound
from core.languages.texts import translatable
from forum.archive.archives import CONFLICTS, Archive, Remark, read_archives
from forum.archive.bulk_insert import insert_threads
from forum.archive.erasure import with_hashes
from forum.archive.identity import identify, possible_ids
from forum.archive.shapes import PostToInsert, ThreadToInsert
from forum.archive.subjects import normalize_subject, title_from_subject
from forum.archive.threading import MessageHeaders, Thread, ThreadingResult, group_into_threads
from forum.mails.mails import Mail
from forum.sectors import get_sector_id
from forum.text.markdown import render_mail
from storage.database import Database
from storage.statements import statement

# A transaction inserts whole threads until it has this many posts or this many characters of HTML.
BATCH_SIZE = 500
BATCH_CHARACTERS = 4_000_000

# An arbitrary number that must be the same in every process that imports.
_LOCK_KEY = 7_341_003

TRY_LOCK_IMPORTS = statement("SELECT pg_try_advisory_lock(:key)")
UNLOCK_IMPORTS = statement("SELECT pg_advisory_unlock(:key)")
SELECT_RELATED_IMPORTED_MAILS = statement("""
SELECT i.message_id, i.topic_id, i.post_id, i.subject, i.awaits, i.fingerprints, p.posted_at FROM imported_mails i
LEFT JOIN posts p ON p.id = i.post_id WHERE i.sector_id = :sector AND (i.message_id = ANY(CAST(:ids AS text[]))
    OR i.awaits && CAST(:ids AS text[]) OR i.subject = ANY(CAST(:subjects AS text[]))) ORDER BY p.posted_at, i.post_id
""")

# Called after each transaction with the number of imported messages and the number of all messages to import.
Progress = Callable[[int, int], None]


class NoSuchSector(NotFound):
    """The sector into which to import does not exist."""

    message = translatable("There is no such sector.")


class ImportReport(Struct, frozen=True, kw_only=True):
    """The result of an import: `read` = `imported` + `already_there` + all `skipped`.

    `skipped` counts messages by reason, `made_good` counts repairs by kind, `conflicts` are messages whose id belongs to
    another message (both are imported), and `topics_grown` are topics that existed before and got posts. The mails of a
    digest count as read.
    """

    sector: str
    files: list[str]
    read: int
    imported: int
    already_there: int
    skipped: dict[str, int]
    conflicts: int
    topics_new: int
    topics_grown: int
    authors_new: int
    made_good: dict[str, int]
    remarks: list[Remark]


class _Plan(Struct, frozen=True, kw_only=True):
    # `headers` are those of the archive's messages, followed by those of related messages from earlier imports; `post_ids`
    # are the posts of earlier imports, and `already_imported` the messages of the archive among them, by position.
    archive: Archive
    headers: list[MessageHeaders]
    threading: ThreadingResult
    post_ids: dict[int, int]
    already_imported: frozenset[int]


async def import_archives(
    db: Database, slug: str, paths: Sequence[Path], progress: Progress | None = None
) -> ImportReport:
    """Import the messages of the archives that the sector does not have yet; raise NoSuchSector or NotAnArchive.

    Checks no permissions and sends no e-mails. An interrupted import can be repeated: it continues where it stopped.
    """
    async with db.read() as tx:
        try:
            sector_id = await get_sector_id(tx, slug)
        except NotFound as error:
            raise NoSuchSector(field="sector") from error

    archive = await asyncio.to_thread(read_archives, paths, clock.now())
    try:
        async with _lock_imports(db):
            plan = await _make_plan(db, sector_id, archive)
            counts = await _insert_all(db, sector_id, plan, progress)
    finally:
        archive.close()
    return _make_report(slug, paths, plan, counts)


@asynccontextmanager
async def _lock_imports(db: Database) -> AsyncIterator[None]:
    # Two imports run one after the other, because the second must see all that the first has inserted.
    async with db.read() as tx:
        while not await tx.value(TRY_LOCK_IMPORTS, key=_LOCK_KEY):  # noqa: ASYNC110  held by another process
            await asyncio.sleep(0.2)
        try:
            yield
        finally:
            await tx.value(UNLOCK_IMPORTS, key=_LOCK_KEY)


async def _make_plan(db: Database, sector_id: int, archive: Archive) -> _Plan:
    rows = await _read_earlier_imports(db, sector_id, archive)
    identify(archive, rows)
    positions = {message.id: i for i, message in enumerate(archive.messages)}
    headers = [_headers_of(message, rows.get(message.id)) for message in archive.messages]
    post_ids: dict[int, int] = {}
    awaited: dict[str, int] = {}
    for message_id, row in rows.items():
        if row["topic_id"] is None or row["post_id"] is None:
            continue
        i = positions.get(message_id, len(headers))
        if i == len(headers):
            headers.append(
                MessageHeaders(
                    id=message_id,
                    parents=(),
                    subject=row["subject"],
                    at=row["posted_at"],
                    topic=row["topic_id"],
                )
            )
        post_ids[i] = row["post_id"]
        awaited.update({wanted: i for wanted in row["awaits"] if wanted not in awaited})
    return _Plan(
        archive=archive,
        headers=headers,
        threading=await asyncio.to_thread(group_into_threads, headers, awaited),
        post_ids=post_ids,
        already_imported=frozenset(i for message_id, i in positions.items() if message_id in rows),
    )


async def _read_earlier_imports(db: Database, sector_id: int, archive: Archive) -> dict[str, Record]:
    stored = with_hashes(possible_ids(archive))
    ids = list(stored)
    subjects = list({normalize_subject(message.subject)[:200] for message in archive.messages} - {""})
    rows: dict[str, Record] = {}
    async with db.read() as tx:
        for start in range(0, max(len(ids), len(subjects)), 5_000):
            span = slice(start, start + 5_000)
            found = await tx.rows(
                SELECT_RELATED_IMPORTED_MAILS, sector=sector_id, ids=ids[span], subjects=subjects[span]
            )
            # Other mails of the same subject are found too, under ids of their own.
            rows.update({stored.get(row["message_id"], row["message_id"]): row for row in found})
    return rows


def _headers_of(message: Mail, row: Record | None) -> MessageHeaders:
    return MessageHeaders(
        id=message.id,
        parents=message.parents,
        subject=message.subject,
        at=message.at or clock.now(),
        topic=row["topic_id"] if row else None,
        conversation=message.conversation,
    )


async def _insert_all(db: Database, sector_id: int, plan: _Plan, progress: Progress | None) -> Counter[str]:
    # A thread is never divided between transactions. If the import is killed, every inserted thread is complete, and the
    # next run finds the same threads and continues with the first one that is missing.
    counts: Counter[str] = Counter()
    total = len(plan.archive.messages) - len(plan.already_imported)
    batches = _batches(plan)
    # Rendering takes longer than inserting, and runs outside the event loop.
    while threads := await asyncio.to_thread(next, batches, None):
        async with db.begin() as tx:
            counts.update(await insert_threads(tx, sector_id, threads))
        if progress:
            progress(counts["mails"], total)
    return counts


def _batches(plan: _Plan) -> Iterator[list[ThreadToInsert]]:
    batch: list[ThreadToInsert] = []
    count = size = 0
    for thread in plan.threading.threads:
        new = _new_part(plan, thread)
        if new is None:
            continue
        batch.append(new)
        count += len(new.posts)
        size += sum(len(post.html) for post in new.posts)
        if count >= BATCH_SIZE or size >= BATCH_CHARACTERS:
            yield batch
            batch, count, size = [], 0, 0
    if batch:
        yield batch


def _new_part(plan: _Plan, thread: Thread) -> ThreadToInsert | None:
    messages = plan.archive.messages
    new = [i for i in thread.order if i < len(messages) and i not in plan.already_imported]
    if not new:
        return None
    return ThreadToInsert(
        topic=thread.topic,
        title=title_from_subject(messages[new[0]].subject, is_reply=bool(messages[new[0]].parents)),
        posts=[_post_to_insert(plan, i) for i in new],
    )


def _post_to_insert(plan: _Plan, i: int) -> PostToInsert:
    message, parent = plan.archive.messages[i], plan.threading.parents[i]
    text = plan.archive.text(i)
    return PostToInsert(
        key=i,
        parent=parent,
        parent_post=None if parent is None else plan.post_ids.get(parent),
        message_id=message.id,
        subject=normalize_subject(message.subject)[:200],
        awaits=[wanted for wanted in message.parents if plan.threading.awaited.get(wanted) == i],
        address=message.address,
        name=message.name,
        at=plan.headers[i].at,
        text=text,
        html=render_mail(text).html,
        fingerprints=list(message.fingerprints),
    )


def _make_report(slug: str, paths: Sequence[Path], plan: _Plan, counts: Counter[str]) -> ImportReport:
    archive = plan.archive
    for i, what in plan.threading.remarks:
        archive.remark(i, what)
    already_imported = {archive.messages[i].id for i in plan.already_imported}
    remarks = [remark for remark in archive.remarks if remark.is_skipped or remark.id not in already_imported]
    return ImportReport(
        sector=slug,
        files=[path.name for path in paths],
        read=archive.read,
        imported=counts["mails"],
        already_there=len(already_imported),
        skipped=archive.skipped,
        conflicts=sum(remark.what in CONFLICTS for remark in remarks),
        topics_new=counts["new"],
        topics_grown=counts["grown"],
        authors_new=counts["authors"],
        made_good=dict(Counter(remark.what for remark in remarks if not remark.is_skipped)),
        remarks=remarks,
    )

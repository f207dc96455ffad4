"""Queries that return entries as a reader sees them, with their contributors and evidence."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from asyncpg import Record
from msgspec import UNSET, Struct
from sqlalchemy import BigInteger, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from boards.shapes import Entry, EntryState, EntryVersion, EntryVersions, Evidence
from boards.tables import boards, change_requests, entries, entry_confirmations
from boards.visibility import visible_entries
from core.actor import Actor
from core.errors import NotFound
from core.ids import EntryId
from forum.authors import author_in, author_of
from forum.tables import posts, topics
from forum.visibility import seen_by
from members.shapes import Author
from members.tables import public_authors
from storage.database import Reader
from storage.statements import statement

_reader = bindparam("reader", type_=BigInteger)
_mine = (
    select(func.array_agg(entry_confirmations.c.kind))
    .where(entry_confirmations.c.entry_id == entries.c.id, entry_confirmations.c.member_id == _reader)
    .scalar_subquery()
)
_requests = (
    select(func.count())
    .where(change_requests.c.entry_id == entries.c.id, change_requests.c.state == "open")
    .scalar_subquery()
)


def select_entries() -> Select[Any]:
    """Return the query whose rows `build_entries` reads; the caller adds the predicate for visible or listed entries."""
    return (
        select(
            *entries.c[("id", "board_id", "number", "topic_id", "post_id", "title", "fields", "added_at")],
            *entries.c[
                ("changed_at", "source_post_id", "confirmations", "version", "author_id", "merged_into")
            ],
            *entries.c[
                ("disposition", "disposition_reason", "verified_at", "outdated_at", "outdated_reason")
            ],
            boards.c.verify_days,
            posts.c.state,
            topics.c.post_count,
            public_authors.c.handle,
            public_authors.c.display_name,
            public_authors.c.group.label("author_group"),
            public_authors.c.picture.label("author_picture"),
            _mine.label("mine"),
            _requests.label("requests"),
        )
        .join(boards, boards.c.id == entries.c.board_id)
        .join(topics, topics.c.id == entries.c.topic_id)
        .join(posts, posts.c.id == entries.c.post_id)
        .outerjoin(public_authors, public_authors.c.id == entries.c.author_id)
    )


SELECT_VISIBLE_ENTRIES = statement(
    select_entries().where(
        entries.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), visible_entries()
    )
)
SELECT_ENTRY_CONTRIBUTORS = statement("""
SELECT c.entry_id, m.id, m.handle, m.display_name, m."group", m.picture
FROM entry_contributors c JOIN public_authors m ON m.id = c.member_id
WHERE c.entry_id = ANY(CAST(:ids AS bigint[])) ORDER BY c.entry_id, c.since, m.id
""")
SELECT_ENTRY_EVIDENCE = statement("""
SELECT entry_id, url, state, status, checked_at FROM evidence
WHERE entry_id = ANY(CAST(:ids AS bigint[])) ORDER BY entry_id, id
""")
SELECT_ENTRY_VERSIONS = statement("""
SELECT v.version, v.title, v.fields, v.written_at, m.id AS member_id, m.handle, m.display_name, m.picture
FROM (
    SELECT version, title, fields, changed_by AS written_by, changed_at AS written_at FROM entries WHERE id = :entry
    UNION ALL
    SELECT version, title, fields, written_by, written_at FROM entry_versions WHERE entry_id = :entry
) v LEFT JOIN members m ON m.id = v.written_by
ORDER BY v.version DESC
""")
SELECT_ENTRY_CONFIRMATIONS = statement("""
SELECT c.kind, c.organisation, c.post_id, c.set_at, m.id, m.handle, m.display_name, m."group", m.picture
FROM entry_confirmations c JOIN public_authors m ON m.id = c.member_id
WHERE c.entry_id = :entry ORDER BY c.kind, c.set_at, m.id
""")


class Confirmer(Struct, frozen=True):
    """A member who confirmed an entry; `post` is the reply with their note."""

    kind: str
    member: Author
    organisation: str
    post: int | None


class _EntryDetails(Struct, frozen=True):
    contributors: Mapping[int, list[Author]]
    evidence: Mapping[int, list[Evidence]]


async def show_entries(
    tx: Reader, actor: Actor, ids: Sequence[int], for_listeners: bool = False
) -> dict[int, Entry]:
    """Return those of the entries that the actor can see, by id; `for_listeners` leaves out `mine`."""
    rows = await tx.rows(SELECT_VISIBLE_ENTRIES, ids=list(ids), **seen_by(actor))
    return {entry.id: entry for entry in await build_entries(tx, rows, for_listeners)}


async def show_entry(tx: Reader, actor: Actor, entry_id: EntryId) -> Entry:
    """Return an entry; raise NotFound if the actor cannot see it."""
    found = await show_entries(tx, actor, [entry_id])
    if entry_id not in found:
        raise NotFound
    return found[entry_id]


async def build_entries(tx: Reader, rows: Sequence[Record], for_listeners: bool = False) -> list[Entry]:
    """Return the entries for rows of `select_entries`, with contributors and evidence, in the same order."""
    ids = [row["id"] for row in rows]
    contributors: dict[int, list[Author]] = {}
    evidence: dict[int, list[Evidence]] = {}
    for row in await tx.rows(SELECT_ENTRY_CONTRIBUTORS, ids=ids) if ids else ():
        contributors.setdefault(row["entry_id"], []).append(_author(row))
    for row in await tx.rows(SELECT_ENTRY_EVIDENCE, ids=ids) if ids else ():
        found = Evidence(
            url=row["url"], state=row["state"], status=row["status"], checked_at=row["checked_at"]
        )
        evidence.setdefault(row["entry_id"], []).append(found)
    details = _EntryDetails(contributors, evidence)
    return [_entry(row, details, for_listeners) for row in rows]


async def read_versions(tx: Reader, actor: Actor, entry_id: EntryId) -> EntryVersions:
    """Return all versions of an entry, newest first; raise NotFound if the actor cannot see it now."""
    await show_entry(tx, actor, entry_id)
    return EntryVersions(
        [
            EntryVersion(
                version=row["version"],
                title=row["title"],
                fields=row["fields"],
                author=author_of(row["member_id"], row["handle"], row["display_name"], None, row["picture"]),
                written_at=row["written_at"],
            )
            for row in await tx.rows(SELECT_ENTRY_VERSIONS, entry=entry_id)
        ]
    )


async def read_confirmers(tx: Reader, entry_id: EntryId) -> list[Confirmer]:
    """Return the members who confirmed an entry; the caller has checked that the reader can see it."""
    rows = await tx.rows(SELECT_ENTRY_CONFIRMATIONS, entry=entry_id)
    return [Confirmer(row["kind"], _author(row), row["organisation"], row["post_id"]) for row in rows]


def _entry(row: Record, details: _EntryDetails, for_listeners: bool) -> Entry:
    is_merged = row["merged_into"] is not None and row["state"] == "published"
    state: EntryState = "merged" if is_merged else row["state"]
    names = (
        "id",
        "number",
        "title",
        "fields",
        "added_at",
        "changed_at",
        "merged_into",
        "confirmations",
        "version",
    )
    more = ("disposition", "disposition_reason", "verified_at", "outdated_at", "outdated_reason", "requests")
    return Entry(
        **{name: row[name] for name in (*names, *more)},
        board=row["board_id"],
        topic=row["topic_id"],
        post=row["post_id"],
        author=author_in(row),
        contributors=details.contributors.get(row["id"], []),
        state=state,
        source=row["source_post_id"],
        replies=max(row["post_count"] - (row["state"] == "published"), 0),
        evidence=details.evidence.get(row["id"], []),
        due_at=row["verified_at"] + timedelta(days=row["verify_days"]),
        mine=UNSET if for_listeners else row["mine"] or [],
    )


def _author(row: Record) -> Author:
    return Author(row["id"], row["handle"], row["display_name"], row["group"], row["picture"])

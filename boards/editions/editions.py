"""Editions: numbered, unchangeable publications of a board, with a hash of their content.

The content is one canonical JSON text, stored compressed with its SHA-256; database triggers prevent changes and deletion.
Entries that a moderator hides later are withheld when an edition is shown: the stored text and its hash do not change, so
that the hash still proves what was published (see docs/decisions).
"""

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from asyncpg import Record
from msgspec import Struct
from sqlalchemy import BigInteger, bindparam

from boards.boards.boards import load_entry_context
from boards.events import EditionPublished
from boards.lookup.board_queries import show_board
from boards.lookup.contributors import GroupShare, count_contributors
from boards.lookup.entry_queries import build_entries, select_entries
from boards.lookup.lookup import get_board
from boards.policy import ensure_can_publish
from boards.shapes import Board, Disposition, Entry, Fields, Form, Taxonomy
from boards.tables import entries
from boards.templates import as_stored
from boards.visibility import listed_entries
from core import clock
from core.actor import VISITOR, Actor
from core.errors import NotFound
from core.ids import BoardId
from core.text import LongText
from forum.authors import author_of
from forum.visibility import seen_by
from members.shapes import Author
from storage.database import Reader, Transaction
from storage.statements import statement


class NewEdition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An edition to publish, with a note for its readers."""

    note: LongText = ""


class PublishedEntry(Struct, frozen=True, kw_only=True):
    """An entry as it was published; without `fields`, a moderator has hidden it since and its content is withheld."""

    id: int
    number: int
    version: int
    title: str | None
    fields: Fields | None
    contributors: list[str]
    confirmations: dict[str, int]
    disposition: Disposition
    reason: str


class EditionContent(Struct, frozen=True, kw_only=True):
    """The content of an edition; the hash is computed from its canonical JSON."""

    board: int
    number: int
    title: str
    purpose: str
    sector: str
    note: str
    published_at: datetime
    form: Form
    terms: dict[str, dict[str, str]]
    entries: list[PublishedEntry]
    contributors: list[GroupShare]


class Edition(Struct, frozen=True, kw_only=True):
    """An edition without its content; `sha256` is the hash of its canonical JSON, in hexadecimal."""

    board: int
    number: int
    title: str
    note: str
    published_by: Author | None
    published_at: datetime
    entries: int
    sha256: str


class EditionList(Struct, frozen=True):
    """The editions of a board, newest first."""

    items: list[Edition]


class EditionDiff(Struct, frozen=True, kw_only=True):
    """The differences from the previous edition, as ids of entries."""

    added: list[int]
    changed: list[int]
    removed: list[int]


class EditionDetail(Struct, frozen=True, kw_only=True):
    """An edition with its content, its differences from the previous one, and the number of withheld entries."""

    edition: Edition
    content: EditionContent
    since_last: EditionDiff
    withheld: int


SELECT_LISTED_ENTRIES = statement(
    select_entries()
    .where(entries.c.board_id == bindparam("board", type_=BigInteger), listed_entries())
    .order_by(entries.c.number)
)
SELECT_EDITIONS = statement("""
SELECT e.board_id, e.number, e.title, e.note, e.published_at, e.entries, e.sha256, m.id AS member_id, m.handle,
    m.display_name, m.picture FROM editions e LEFT JOIN members m ON m.id = e.published_by
WHERE e.board_id = :board ORDER BY e.number DESC
""")
SELECT_EDITION = statement("""
SELECT e.board_id, e.number, e.title, e.note, e.published_at, e.entries, e.sha256, m.id AS member_id, m.handle,
    m.display_name, m.picture FROM editions e LEFT JOIN members m ON m.id = e.published_by
WHERE e.board_id = :board AND e.number = :number
""")
SELECT_EDITION_CONTENT = statement(
    "SELECT content FROM editions WHERE board_id = :board AND number = :number"
)
UPDATE_LAST_EDITION = statement(
    "UPDATE boards SET last_edition = last_edition + 1 WHERE id = :board RETURNING last_edition"
)
INSERT_EDITION = statement("""
INSERT INTO editions (board_id, number, title, note, published_by, published_at, entries, sha256, content)
VALUES (:board, :number, :title, :note, :by, :now, :count, :sha256, :content)
""")
# Entries that a moderator has hidden, alone or with their topic. Those that authors withdrew stay in the edition.
SELECT_HIDDEN_ENTRIES = statement("""
SELECT e.id FROM entries e JOIN posts p ON p.id = e.post_id JOIN topics t ON t.id = e.topic_id
WHERE e.board_id = :board AND (p.state = 'hidden' OR t.hidden_at IS NOT NULL)
""")


async def publish_edition(tx: Transaction, actor: Actor, board_id: BoardId, new: NewEdition) -> int:
    """Publish the current state of a board as an edition and return its number; raise NotACurator or NotConsolidating."""
    facts, now = await get_board(tx, actor, board_id, lock=True), clock.now()
    ensure_can_publish(actor, facts, now)
    board = await show_board(tx, actor, board_id)
    number = await tx.value(UPDATE_LAST_EDITION, board=board_id)
    content = await _collect_content(tx, board, number, new.note, now)
    text = canonical_json(content)
    await tx.run(
        INSERT_EDITION,
        board=board_id,
        number=number,
        title=board.title,
        note=new.note,
        by=actor.signed_in(),
        now=now,
        count=len(content.entries),
        sha256=hashlib.sha256(text).digest(),
        content=zlib.compress(text, 9),
    )
    await tx.record(EditionPublished(board_id=board_id, number=number))
    return int(number)


async def read_editions(tx: Reader, actor: Actor, board_id: BoardId) -> EditionList:
    """Return the editions of a board, newest first; raise NotFound if the actor cannot see the board."""
    await get_board(tx, actor, board_id)
    return EditionList([_edition(row) for row in await tx.rows(SELECT_EDITIONS, board=board_id)])


async def show_edition(tx: Reader, actor: Actor, board_id: BoardId, number: int) -> EditionDetail:
    """Return an edition without the content of entries hidden since, and its differences; raise NotFound."""
    await get_board(tx, actor, board_id)
    row = await tx.row(SELECT_EDITION, board=board_id, number=number)
    if row is None:
        raise NotFound
    content = await _read_content(tx, board_id, number)
    previous = await _read_content(tx, board_id, number - 1) if number > 1 else None
    hidden = {one["id"] for one in await tx.rows(SELECT_HIDDEN_ENTRIES, board=board_id)}
    shown = [without_content(one) if one.id in hidden else one for one in content.entries]
    return EditionDetail(
        edition=_edition(row),
        content=msgspec.structs.replace(content, entries=shown),
        since_last=compare_entries(previous.entries if previous else [], content.entries),
        withheld=sum(one.id in hidden for one in content.entries),
    )


def canonical_json(content: EditionContent) -> bytes:
    """Return content as JSON in UTF-8 with sorted keys and without whitespace, so that equal contents have equal bytes."""
    return msgspec.json.encode(content, order="sorted")


def compare_entries(before: Sequence[PublishedEntry], after: Sequence[PublishedEntry]) -> EditionDiff:
    """Return the ids of entries that were added, changed and removed between two editions."""
    old, new = {row.id: row for row in before}, {row.id: row for row in after}
    return EditionDiff(
        added=[id for id in new if id not in old],
        changed=[id for id in new if id in old and new[id] != old[id]],
        removed=[id for id in old if id not in new],
    )


async def _collect_content(tx: Reader, board: Board, number: int, note: str, now: datetime) -> EditionContent:
    context = await load_entry_context(tx, BoardId(board.id))
    rows = await tx.rows(SELECT_LISTED_ENTRIES, board=board.id, **seen_by(VISITOR))
    return EditionContent(
        board=board.id,
        number=number,
        title=board.title,
        purpose=board.purpose,
        sector=board.sector,
        note=note,
        published_at=now,
        form=as_stored(board.form),
        terms=_terms(board.form, context.taxonomies),
        entries=[_row(entry) for entry in await build_entries(tx, rows)],
        contributors=await count_contributors(tx, BoardId(board.id)),
    )


def _terms(form: Form, taxonomies: Mapping[str, Taxonomy]) -> dict[str, dict[str, str]]:
    """Return the names of all terms of the form's taxonomies, which may be edited after the publication."""
    used = {field.taxonomy for field in form.fields if field.taxonomy in taxonomies}
    return {
        slug: {term.slug: term.name for term in taxonomies[slug].terms}
        for slug in sorted(one for one in used if one)
    }


def _row(entry: Entry) -> PublishedEntry:
    return PublishedEntry(
        id=entry.id,
        number=entry.number,
        version=entry.version,
        title=entry.title,
        fields=entry.fields,
        contributors=[one.display_name for one in entry.contributors],
        confirmations=entry.confirmations,
        disposition=entry.disposition,
        reason=entry.disposition_reason,
    )


def without_content(row: PublishedEntry) -> PublishedEntry:
    """Return an entry of an edition with nothing but its id and numbers."""
    return msgspec.structs.replace(row, title=None, fields=None, contributors=[], reason="")


async def _read_content(tx: Reader, board_id: BoardId, number: int) -> EditionContent:
    packed: Any = await tx.value(SELECT_EDITION_CONTENT, board=board_id, number=number)
    return msgspec.json.decode(zlib.decompress(packed), type=EditionContent)


def _edition(row: Record) -> Edition:
    return Edition(
        **{name: row[name] for name in ("number", "title", "note", "published_at", "entries")},
        board=row["board_id"],
        published_by=author_of(row["member_id"], row["handle"], row["display_name"], None, row["picture"]),
        sha256=row["sha256"].hex(),
    )

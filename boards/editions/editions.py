"""Editions: a board published as it stands, numbered and for good, with the hash of all it says.

What was published is one canonical JSON text, kept compressed beside its SHA-256; the schema lets nobody change or delete
it. What a moderator hides afterwards is withheld where an edition is shown: the text stays under lock, its hash stays
the proof of what was published (see docs/decisions).
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
    """An edition to publish, with a note on what it is."""

    note: LongText = ""


class PublishedEntry(Struct, frozen=True, kw_only=True):
    """An entry as it was published. Without `fields` it was hidden since: what it said is withheld."""

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
    """All that an edition says; its canonical JSON is what the hash is of."""

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
    """An edition without what it says: `sha256` in hexadecimal is the hash of its canonical JSON."""

    board: int
    number: int
    title: str
    note: str
    published_by: Author | None
    published_at: datetime
    entries: int
    sha256: str


class EditionList(Struct, frozen=True):
    """The editions of a board, the latest first."""

    items: list[Edition]


class EditionDiff(Struct, frozen=True, kw_only=True):
    """What changed since the edition before, by the entries' ids."""

    added: list[int]
    changed: list[int]
    removed: list[int]


class EditionDetail(Struct, frozen=True, kw_only=True):
    """An edition as it is shown, and what it changed."""

    edition: Edition
    content: EditionContent
    since_last: EditionDiff
    withheld: int


_LISTED = statement(
    select_entries()
    .where(entries.c.board_id == bindparam("board", type_=BigInteger), listed_entries())
    .order_by(entries.c.number)
)
_HEAD = """
SELECT e.board_id, e.number, e.title, e.note, e.published_at, e.entries, e.sha256, m.id AS member_id, m.handle,
    m.display_name FROM editions e LEFT JOIN members m ON m.id = e.published_by
"""
_ALL = statement(f"{_HEAD} WHERE e.board_id = :board ORDER BY e.number DESC")
_ONE = statement(f"{_HEAD} WHERE e.board_id = :board AND e.number = :number")
_CONTENT = statement("SELECT content FROM editions WHERE board_id = :board AND number = :number")
_NUMBER = statement(
    "UPDATE boards SET last_edition = last_edition + 1 WHERE id = :board RETURNING last_edition"
)
_KEEP = statement("""
INSERT INTO editions (board_id, number, title, note, published_by, published_at, entries, sha256, content)
VALUES (:board, :number, :title, :note, :by, :now, :count, :sha256, :content)
""")
# What a moderator has hidden since, whole or with its topic; what its author withdrew since was published all the same.
_HIDDEN = statement("""
SELECT e.id FROM entries e JOIN posts p ON p.id = e.post_id JOIN topics t ON t.id = e.topic_id
WHERE e.board_id = :board AND (p.state = 'hidden' OR t.hidden_at IS NOT NULL)
""")


async def publish_edition(tx: Transaction, actor: Actor, board_id: BoardId, new: NewEdition) -> int:
    """Publish a board as it stands; the number of the edition."""
    facts, now = await get_board(tx, actor, board_id, lock=True), clock.now()
    ensure_can_publish(actor, facts, now)
    board = await show_board(tx, actor, board_id)
    number = await tx.value(_NUMBER, board=board_id)
    content = await _content(tx, board, number, new.note, now)
    text = canonical_json(content)
    await tx.run(
        _KEEP,
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
    """The editions of a board, for who can see it."""
    await get_board(tx, actor, board_id)
    return EditionList([_edition(row) for row in await tx.rows(_ALL, board=board_id)])


async def show_edition(tx: Reader, actor: Actor, board_id: BoardId, number: int) -> EditionDetail:
    """One edition as it may be shown now, and what it changed."""
    await get_board(tx, actor, board_id)
    row = await tx.row(_ONE, board=board_id, number=number)
    if row is None:
        raise NotFound
    content = await _read(tx, board_id, number)
    before = await _read(tx, board_id, number - 1) if number > 1 else None
    hidden = {one["id"] for one in await tx.rows(_HIDDEN, board=board_id)}
    shown = [_withheld(one) if one.id in hidden else one for one in content.entries]
    return EditionDetail(
        edition=_edition(row),
        content=msgspec.structs.replace(content, entries=shown),
        since_last=compare_entries(before.entries if before else [], content.entries),
        withheld=sum(one.id in hidden for one in content.entries),
    )


def canonical_json(content: EditionContent) -> bytes:
    """JSON with sorted keys, without blanks, in UTF-8: the same bytes for the same content."""
    return msgspec.json.encode(content, order="sorted")


def compare_entries(before: Sequence[PublishedEntry], after: Sequence[PublishedEntry]) -> EditionDiff:
    """What of a later edition is new, says something else, or is there no more."""
    old, new = {row.id: row for row in before}, {row.id: row for row in after}
    return EditionDiff(
        added=[id for id in new if id not in old],
        changed=[id for id in new if id in old and new[id] != old[id]],
        removed=[id for id in old if id not in new],
    )


async def _content(tx: Reader, board: Board, number: int, note: str, now: datetime) -> EditionContent:
    sheet = await load_entry_context(tx, BoardId(board.id))
    rows = await tx.rows(_LISTED, board=board.id, **seen_by(VISITOR))
    return EditionContent(
        board=board.id,
        number=number,
        title=board.title,
        purpose=board.purpose,
        sector=board.sector,
        note=note,
        published_at=now,
        form=board.form,
        terms=_terms(board.form, sheet.taxonomies),
        entries=[_row(entry) for entry in await build_entries(tx, rows)],
        contributors=await count_contributors(tx, BoardId(board.id)),
    )


def _terms(form: Form, taxonomies: Mapping[str, Taxonomy]) -> dict[str, dict[str, str]]:
    """The words of the lists as they were then: they are edited too."""
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


def _withheld(row: PublishedEntry) -> PublishedEntry:
    return msgspec.structs.replace(row, title=None, fields=None, contributors=[], reason="")


async def _read(tx: Reader, board_id: BoardId, number: int) -> EditionContent:
    packed: Any = await tx.value(_CONTENT, board=board_id, number=number)
    return msgspec.json.decode(zlib.decompress(packed), type=EditionContent)


def _edition(row: Record) -> Edition:
    return Edition(
        **{name: row[name] for name in ("number", "title", "note", "published_at", "entries")},
        board=row["board_id"],
        published_by=author_of(row["member_id"], row["handle"], row["display_name"], None),
        sha256=row["sha256"].hex(),
    )

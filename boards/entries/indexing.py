"""What is kept beside entries to find them by: their terms, what they refer to, the links that are their evidence."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from boards.entries.field_values import collect_terms
from boards.entries.references import collect_references
from boards.shapes import Fields, Form, Taxonomy
from core.ids import BoardId, EntryId
from storage.database import Transaction
from storage.statements import Statement, statement

_FORGET = [
    statement("DELETE FROM entry_terms WHERE entry_id = :entry"),
    statement("DELETE FROM entry_references WHERE entry_id = :entry"),
    statement("DELETE FROM file_uses WHERE post_id = (SELECT post_id FROM entries WHERE id = :entry)"),
]
_TERMS = statement("""
INSERT INTO entry_terms (board_id, entry_id, field, term)
SELECT e.board_id, t.entry, t.field, t.term
FROM unnest(CAST(:entries AS bigint[]), CAST(:fields AS text[]), CAST(:terms AS text[])) AS t (entry, field, term)
JOIN entries e ON e.id = t.entry
""")
_REFERENCES = statement("""
INSERT INTO entry_references (entry_id, field, kind, object_id)
SELECT * FROM unnest(CAST(:entries AS bigint[]), CAST(:fields AS text[]), CAST(:kinds AS text[]), CAST(:ids AS bigint[]))
""")
# Who can read the post that an entry is can have the files that it names.
_FILES = statement("""
INSERT INTO file_uses (file_id, post_id)
SELECT u.file, e.post_id FROM unnest(CAST(:entries AS bigint[]), CAST(:files AS bigint[])) AS u (entry, file)
JOIN entries e ON e.id = u.entry ON CONFLICT DO NOTHING
""")
# A link that stays keeps what was found when it was last looked at.
_EVIDENCE = statement("""
INSERT INTO evidence (entry_id, url, due_at)
SELECT l.entry, l.url, :now FROM unnest(CAST(:entries AS bigint[]), CAST(:urls AS text[])) AS l (entry, url)
ON CONFLICT (entry_id, url) DO NOTHING
""")
_NO_EVIDENCE = statement("DELETE FROM evidence WHERE entry_id = :entry AND url <> ALL(CAST(:urls AS text[]))")


class EntryContext(Struct, frozen=True, kw_only=True):
    """A board as its entries are written: its form, and the lists that the form chooses from."""

    board: BoardId
    form: Form
    taxonomies: Mapping[str, Taxonomy]


async def index_entries(
    tx: Transaction, sheet: EntryContext, given: Sequence[tuple[EntryId, Fields]], now: datetime
) -> None:
    """Write it for new entries."""
    terms = [
        (id, *one) for id, answers in given for one in collect_terms(sheet.form, answers, sheet.taxonomies)
    ]
    named = [
        (id, field, *key) for id, answers in given for field, key in collect_references(sheet.form, answers)
    ]
    links = [(id, url) for id, answers in given for url in collect_links(sheet.form, answers)]
    await _write(tx, _TERMS, terms, "entries", "fields", "terms")
    await _write(tx, _REFERENCES, named, "entries", "fields", "kinds", "ids")
    await _write(
        tx, _FILES, [(id, object) for id, _, kind, object in named if kind == "file"], "entries", "files"
    )
    await _write(tx, _EVIDENCE, links, "entries", "urls", now=now)


async def reindex_entry(
    tx: Transaction, sheet: EntryContext, entry: EntryId, answers: Fields, now: datetime
) -> None:
    """Bring it to what an entry says now."""
    for forget in _FORGET:
        await tx.run(forget, entry=entry)
    await tx.run(_NO_EVIDENCE, entry=entry, urls=collect_links(sheet.form, answers))
    await index_entries(tx, sheet, [(entry, answers)], now)


def collect_links(form: Form, answers: Fields) -> list[str]:
    """The links among answers, each once."""
    found = (answers.get(field.key) for field in form.fields if field.type == "link")
    return list(dict.fromkeys(link for link in found if isinstance(link, str)))


async def _write(
    tx: Transaction, query: Statement, rows: Sequence[tuple[Any, ...]], *names: str, **others: Any
) -> None:
    if rows:
        await tx.run(query, **dict(zip(names, zip(*rows, strict=True), strict=True)), **others)

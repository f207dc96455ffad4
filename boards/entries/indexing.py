"""Indexes of entries: rows for their terms, references, files and links, kept in step with the field values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from boards.entries.context import EntryContext
from boards.entries.field_values import collect_terms
from boards.entries.references import collect_references
from boards.shapes import Fields, Form
from core.ids import EntryId
from storage.database import Transaction
from storage.statements import Statement, statement

DELETE_ENTRY_TERMS = statement("DELETE FROM entry_terms WHERE entry_id = :entry")
DELETE_ENTRY_REFERENCES = statement("DELETE FROM entry_references WHERE entry_id = :entry")
DELETE_REFERENCES_TO_MEMBER_IN_ENTRIES = statement(
    "DELETE FROM entry_references WHERE kind = 'member' AND object_id = :member"
)
DELETE_ENTRY_FILE_USES = statement(
    "DELETE FROM file_uses WHERE post_id = (SELECT post_id FROM entries WHERE id = :entry)"
)
INSERT_ENTRY_TERMS = statement("""
INSERT INTO entry_terms (board_id, entry_id, field, term)
SELECT e.board_id, t.entry, t.field, t.term
FROM unnest(CAST(:entries AS bigint[]), CAST(:fields AS text[]), CAST(:terms AS text[])) AS t (entry, field, term)
JOIN entries e ON e.id = t.entry
""")
INSERT_ENTRY_REFERENCES = statement("""
INSERT INTO entry_references (entry_id, field, kind, object_id)
SELECT * FROM unnest(CAST(:entries AS bigint[]), CAST(:fields AS text[]), CAST(:kinds AS text[]), CAST(:ids AS bigint[]))
""")
# A reader who can see the entry's post can download the files that the entry names.
INSERT_ENTRY_FILE_USES = statement("""
INSERT INTO file_uses (file_id, post_id)
SELECT u.file, e.post_id FROM unnest(CAST(:entries AS bigint[]), CAST(:files AS bigint[])) AS u (entry, file)
JOIN entries e ON e.id = u.entry ON CONFLICT DO NOTHING
""")
# A link that stays keeps the result of its last check.
INSERT_ENTRY_LINKS = statement("""
INSERT INTO evidence (entry_id, url, due_at)
SELECT l.entry, l.url, :now FROM unnest(CAST(:entries AS bigint[]), CAST(:urls AS text[])) AS l (entry, url)
ON CONFLICT (entry_id, url) DO NOTHING
""")
DELETE_REMOVED_LINKS = statement(
    "DELETE FROM evidence WHERE entry_id = :entry AND url <> ALL(CAST(:urls AS text[]))"
)


async def index_entries(
    tx: Transaction, context: EntryContext, entries: Sequence[tuple[EntryId, Fields]], now: datetime
) -> None:
    """Insert the index rows of new entries."""
    terms = [
        (id, *one)
        for id, values in entries
        for one in collect_terms(context.form, values, context.taxonomies)
    ]
    references = [
        (id, field, *key) for id, values in entries for field, key in collect_references(context.form, values)
    ]
    links = [(id, url) for id, values in entries for url in collect_links(context.form, values)]
    await _insert_rows(tx, INSERT_ENTRY_TERMS, terms, "entries", "fields", "terms")
    await _insert_rows(tx, INSERT_ENTRY_REFERENCES, references, "entries", "fields", "kinds", "ids")
    await _insert_rows(
        tx,
        INSERT_ENTRY_FILE_USES,
        [(id, object) for id, _, kind, object in references if kind == "file"],
        "entries",
        "files",
    )
    await _insert_rows(tx, INSERT_ENTRY_LINKS, links, "entries", "urls", now=now)


async def reindex_entry(
    tx: Transaction, context: EntryContext, entry: EntryId, values: Fields, now: datetime
) -> None:
    """Replace the index rows of an entry with those for its new values."""
    for delete in (DELETE_ENTRY_TERMS, DELETE_ENTRY_REFERENCES, DELETE_ENTRY_FILE_USES):
        await tx.run(delete, entry=entry)
    await tx.run(DELETE_REMOVED_LINKS, entry=entry, urls=collect_links(context.form, values))
    await index_entries(tx, context, [(entry, values)], now)


async def delete_references_to(tx: Transaction, member: int) -> None:
    """Delete the references of entries to a member who is erased."""
    await tx.run(DELETE_REFERENCES_TO_MEMBER_IN_ENTRIES, member=member)


def collect_links(form: Form, values: Fields) -> list[str]:
    """Return the links among the field values, without duplicates."""
    found = (values.get(field.key) for field in form.fields if field.type == "link")
    return list(dict.fromkeys(link for link in found if isinstance(link, str)))


async def _insert_rows(
    tx: Transaction, query: Statement, rows: Sequence[tuple[Any, ...]], *names: str, **others: Any
) -> None:
    if rows:
        await tx.run(query, **dict(zip(names, zip(*rows, strict=True), strict=True)), **others)

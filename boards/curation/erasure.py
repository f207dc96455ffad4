"""Erasure from boards: entries on which nobody else worked can be deleted; others stay without the member's name."""

import msgspec

from boards.boards.boards import load_entry_context
from boards.entries.indexing import delete_references_to, reindex_entry
from boards.forms import title_field
from boards.shapes import Fields
from core import clock
from core.ids import BoardId, EntryId
from storage.database import Transaction
from storage.personal_data import Erasure
from storage.statements import statement

DELETED = "(deleted)"

SELECT_ENTRIES_TO_ERASE = statement("""
SELECT e.id, e.board_id, e.post_id, EXISTS (
        SELECT FROM entry_contributors c WHERE c.entry_id = e.id AND c.member_id <> :member
    ) OR EXISTS (SELECT FROM entry_versions v WHERE v.entry_id = e.id AND v.written_by <> :member)
    OR coalesce(e.changed_by <> :member, false) AS is_shared
FROM entries e JOIN topics t ON t.id = e.topic_id
WHERE e.author_id = :member AND e.post_id <> ALL(CAST(:posts AS bigint[])) AND e.topic_id <> ALL(CAST(:topics AS bigint[]))
ORDER BY e.id FOR NO KEY UPDATE OF e
""")
UPDATE_ENTRY_AUTHORS = statement("""
UPDATE entries SET author_id = :former WHERE id = ANY(CAST(:entries AS bigint[])) AND author_id = :member
""")
UPDATE_ENTRY_EMPTIED = statement("""
UPDATE entries SET title = :title, fields = CAST(:fields AS jsonb), words = '', version = version + 1,
    disposition_reason = CASE WHEN disposition_reason = '' THEN '' ELSE :title END, outdated_reason = '' WHERE id = :entry
""")
DELETE_VERSIONS_OF_ENTRY = statement("DELETE FROM entry_versions WHERE entry_id = :entry")
DELETE_VERSIONS_BY_MEMBER = statement("""
DELETE FROM entry_versions WHERE entry_id = ANY(CAST(:entries AS bigint[])) AND written_by = :member
""")
DELETE_CONFIRMATIONS_OF_MEMBER = statement(
    "DELETE FROM entry_confirmations WHERE member_id = :member RETURNING entry_id"
)
UPDATE_COUNTS_OF_CONFIRMATIONS = statement("""
UPDATE entries SET version = version + 1, confirmations = coalesce((
    SELECT jsonb_object_agg(kind, n ORDER BY kind)
    FROM (SELECT kind, count(*) AS n FROM entry_confirmations WHERE entry_id = entries.id GROUP BY kind) AS counted
), '{}') WHERE id = ANY(CAST(:entries AS bigint[]))
""")


class ErasedEntries(msgspec.Struct, frozen=True):
    """The entries of a member: those to delete, and the posts of those that stay, because others worked on them."""

    ids: list[int]
    deleted: dict[int, int]
    """The board of each entry to delete, by the entry's id."""
    kept_posts: list[int]


async def find_entries(tx: Transaction, erasure: Erasure) -> ErasedEntries:
    """Lock the member's entries and return what becomes of each."""
    rows = await tx.rows(
        SELECT_ENTRIES_TO_ERASE,
        member=erasure.member,
        posts=erasure.held_posts,
        topics=erasure.held_topics,
    )
    deletes = "entries" in erasure.deletes
    return ErasedEntries(
        ids=[row["id"] for row in rows],
        deleted={row["id"]: row["board_id"] for row in rows if deletes and not row["is_shared"]},
        kept_posts=[row["post_id"] for row in rows if not deletes or row["is_shared"]],
    )


async def erase_entries(tx: Transaction, erasure: Erasure, found: ErasedEntries) -> None:
    """Empty the entries to delete, and make the former member the author of all; of joint entries, versions that only the
    member wrote go with the texts."""
    now = clock.now()
    for entry, board in found.deleted.items():
        context = await load_entry_context(tx, BoardId(board))
        values: Fields = {title_field(context.form).key: DELETED}
        fields = msgspec.json.encode(values).decode()
        await tx.run(UPDATE_ENTRY_EMPTIED, entry=entry, title=DELETED, fields=fields)
        await tx.run(DELETE_VERSIONS_OF_ENTRY, entry=entry)
        await reindex_entry(tx, context, EntryId(entry), values, now)
    if "entries" in erasure.deletes:
        await tx.run(DELETE_VERSIONS_BY_MEMBER, entries=found.ids, member=erasure.member)
    await tx.run(UPDATE_ENTRY_AUTHORS, entries=found.ids, member=erasure.member, former=erasure.former)


async def erase_confirmations(tx: Transaction, member: int) -> None:
    """Delete the member's confirmations and count those of their entries again; also delete references to the member."""
    rows = await tx.rows(DELETE_CONFIRMATIONS_OF_MEMBER, member=member)
    await tx.run(UPDATE_COUNTS_OF_CONFIRMATIONS, entries=sorted({row["entry_id"] for row in rows}))
    await delete_references_to(tx, member)

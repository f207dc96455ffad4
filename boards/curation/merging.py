"""Merges: an entry continues as part of another one, which also gets its contributors and confirmations."""

from sqlalchemy import bindparam, select

from boards.boards.boards import load_entry_context
from boards.curation.confirmations import recount_confirmations
from boards.curation.entries import write_entry
from boards.entries.context import EntryContext
from boards.events import EntryChanged
from boards.lookup.lookup import get_entry, lock_entries
from boards.policy import EntryFacts, EntryIsGone, EntryIsMerged, ensure_can_curate
from boards.shapes import Fields
from boards.tables import entries
from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.ids import EntryId
from core.languages.texts import translatable
from storage.database import Transaction
from storage.statements import statement


class CannotMerge(Invalid):
    """The target is on another board, is the entry itself or is merged, or other entries were merged into the entry."""

    message = translatable("Choose another entry of the same stock-take that is not merged itself.")


class NotMerged(Conflict):
    """The entry to separate is not merged into another one."""

    message = translatable("This entry is not merged into another.")


SELECT_VALUES_TO_MERGE = statement(
    select(entries.c.id, entries.c.fields).where(entries.c.id == bindparam("id"))
)
UPDATE_MERGED_INTO = statement("UPDATE entries SET merged_into = :into, version = version + 1 WHERE id = :id")
# A member who had contributed to the target already has no `via`, and so stays its contributor after a separation.
INSERT_MERGED_CONTRIBUTORS = statement("""
INSERT INTO entry_contributors (entry_id, member_id, since, via)
SELECT :into, member_id, since, :id FROM entry_contributors WHERE entry_id = :id ON CONFLICT DO NOTHING
""")
INSERT_MERGED_CONFIRMATIONS = statement("""
INSERT INTO entry_confirmations (entry_id, member_id, kind, organisation, post_id, set_at, via)
SELECT :into, member_id, kind, organisation, post_id, set_at, :id FROM entry_confirmations WHERE entry_id = :id
ON CONFLICT DO NOTHING
""")
DELETE_MERGED_CONTRIBUTORS = statement("DELETE FROM entry_contributors WHERE entry_id = :into AND via = :id")
DELETE_MERGED_CONFIRMATIONS = statement(
    "DELETE FROM entry_confirmations WHERE entry_id = :into AND via = :id"
)
SELECT_MERGED_INTO = statement("SELECT merged_into FROM entries WHERE id = :id")
EXISTS_MERGED_ENTRY = statement("SELECT EXISTS (SELECT FROM entries WHERE merged_into = :id)")


async def merge_entry(tx: Transaction, actor: Actor, entry_id: EntryId, into_id: EntryId) -> None:
    """Merge an entry into another one: copy its contributors and confirmations, and its values into empty fields.

    Repeating the call changes nothing. Raises NotACurator, CannotMerge, EntryIsMerged or EntryIsGone.
    """
    entry, into = await _lock_both(tx, actor, entry_id, into_id)
    if entry.merged_into == into.id:
        return
    _ensure_mergeable(entry, into)
    if await tx.value(EXISTS_MERGED_ENTRY, id=entry.id):
        raise CannotMerge(
            translatable("Others were merged into this entry: separate them first."), field="into"
        )

    await tx.run(UPDATE_MERGED_INTO, id=entry.id, into=into.id)
    await tx.run(INSERT_MERGED_CONTRIBUTORS, id=entry.id, into=into.id)
    await tx.run(INSERT_MERGED_CONFIRMATIONS, id=entry.id, into=into.id)
    context = await load_entry_context(tx, into.board_id)
    await _copy_values(tx, actor, context, entry, into)
    await tx.record(EntryChanged(board_id=entry.board_id, entry_id=entry.id))
    await recount_confirmations(tx, into)


async def separate_entry(tx: Transaction, actor: Actor, entry_id: EntryId) -> None:
    """Undo a merge: remove the copied contributors and confirmations; copied field values stay, as the history shows them.

    Raises NotACurator or NotMerged.
    """
    target = await tx.value(SELECT_MERGED_INTO, id=entry_id)
    if target is None:
        board, _ = await get_entry(tx, actor, entry_id)
        ensure_can_curate(actor, board, clock.now())
        raise NotMerged
    entry, into = await _lock_both(tx, actor, entry_id, EntryId(target))
    if entry.merged_into != into.id:
        raise NotMerged
    await tx.run(UPDATE_MERGED_INTO, id=entry.id, into=None)
    await tx.run(DELETE_MERGED_CONTRIBUTORS, id=entry.id, into=into.id)
    await tx.run(DELETE_MERGED_CONFIRMATIONS, id=entry.id, into=into.id)
    await tx.record(EntryChanged(board_id=entry.board_id, entry_id=entry.id))
    await recount_confirmations(tx, into)


async def _lock_both(
    tx: Transaction, actor: Actor, entry_id: EntryId, into_id: EntryId
) -> tuple[EntryFacts, EntryFacts]:
    await lock_entries(tx, [entry_id, into_id])
    board, entry = await get_entry(tx, actor, entry_id)
    other, into = await get_entry(tx, actor, into_id)
    ensure_can_curate(actor, board, clock.now())
    if other.id != board.id or entry.id == into.id:
        raise CannotMerge(field="into")
    return entry, into


def _ensure_mergeable(entry: EntryFacts, into: EntryFacts) -> None:
    if entry.merged_into is not None:
        raise EntryIsMerged
    if into.merged_into is not None:
        raise CannotMerge(field="into")
    if {entry.post_state, into.post_state} != {"published"}:
        raise EntryIsGone


async def _copy_values(
    tx: Transaction, actor: Actor, context: EntryContext, entry: EntryFacts, into: EntryFacts
) -> None:
    target, source = await _values_of(tx, into.id), await _values_of(tx, entry.id)
    merged = {**source, **target}
    for field in context.form.fields:
        if field.type == "some_of" and field.key in target and field.key in source:
            terms = context.taxonomies[field.taxonomy or ""].terms
            chosen = {*target[field.key], *source[field.key]}
            merged[field.key] = [term.slug for term in terms if term.slug in chosen]
    if merged != target:
        await write_entry(tx, context, into, merged, actor.signed_in(), clock.now())


async def _values_of(tx: Transaction, entry_id: EntryId) -> Fields:
    row = await tx.row(SELECT_VALUES_TO_MERGE, id=entry_id)
    assert row is not None
    values: Fields = row["fields"]
    return values

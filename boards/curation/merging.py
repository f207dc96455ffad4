"""Merging: two entries that are one become one, with credit to all who contributed to either; and come apart again."""

from sqlalchemy import bindparam, select

from boards.boards.boards import load_entry_context
from boards.curation.entries import recount_confirmations, write_entry
from boards.entries.indexing import EntryContext
from boards.events import EntryChanged
from boards.lookup.lookup import get_entry, lock_entries
from boards.policy import EntryFacts, EntryIsGone, EntryIsMerged, ensure_can_curate
from boards.shapes import Fields
from boards.tables import entries
from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid
from core.ids import EntryId
from storage.database import Transaction
from storage.statements import statement


class CannotMerge(Invalid):
    """An entry is merged into another one of the same board, which is not merged itself."""

    message = "An entry is merged into another entry of the same board that stands there itself."


class NotMerged(Conflict):
    """There is nothing to separate."""

    message = "This entry is not merged into another."


_FIELDS = statement(select(entries.c.id, entries.c.fields).where(entries.c.id == bindparam("id")))
_MERGE = statement("UPDATE entries SET merged_into = :into, version = version + 1 WHERE id = :id")
# Whoever is credited already keeps the credit of their own when the two come apart.
_CREDIT = statement("""
INSERT INTO entry_contributors (entry_id, member_id, since, via)
SELECT :into, member_id, since, :id FROM entry_contributors WHERE entry_id = :id ON CONFLICT DO NOTHING
""")
_BACK = statement("""
INSERT INTO entry_confirmations (entry_id, member_id, kind, organisation, post_id, set_at, via)
SELECT :into, member_id, kind, organisation, post_id, set_at, :id FROM entry_confirmations WHERE entry_id = :id
ON CONFLICT DO NOTHING
""")
_UNCREDIT = statement("DELETE FROM entry_contributors WHERE entry_id = :into AND via = :id")
_UNBACK = statement("DELETE FROM entry_confirmations WHERE entry_id = :into AND via = :id")
_TARGET = statement("SELECT merged_into FROM entries WHERE id = :id")
_HAS_MERGED = statement("SELECT EXISTS (SELECT FROM entries WHERE merged_into = :id)")


async def merge_entry(tx: Transaction, actor: Actor, entry_id: EntryId, into_id: EntryId) -> None:
    """Let an entry live on in another: who contributed to it or backs it now does so there, and what that one leaves
    empty is filled. Merging into the same one again changes nothing."""
    entry, into = await _hold_both(tx, actor, entry_id, into_id)
    if entry.merged_into == into.id:
        return
    _ensure_mergeable(entry, into)
    if await tx.value(_HAS_MERGED, id=entry.id):
        raise CannotMerge("Others were merged into this entry: separate them first.", field="into")

    await tx.run(_MERGE, id=entry.id, into=into.id)
    await tx.run(_CREDIT, id=entry.id, into=into.id)
    await tx.run(_BACK, id=entry.id, into=into.id)
    sheet = await load_entry_context(tx, into.board_id)
    await _fill(tx, actor, sheet, entry, into)
    await tx.record(EntryChanged(board_id=entry.board_id, entry_id=entry.id))
    await recount_confirmations(tx, into)


async def separate_entry(tx: Transaction, actor: Actor, entry_id: EntryId) -> None:
    """Take a merge back: credit that came with the entry goes with it. What was filled in stays, in its history."""
    target = await tx.value(_TARGET, id=entry_id)
    if target is None:
        board, _ = await get_entry(tx, actor, entry_id)
        ensure_can_curate(actor, board, clock.now())
        raise NotMerged
    entry, into = await _hold_both(tx, actor, entry_id, EntryId(target))
    if entry.merged_into != into.id:
        raise NotMerged
    await tx.run(_MERGE, id=entry.id, into=None)
    await tx.run(_UNCREDIT, id=entry.id, into=into.id)
    await tx.run(_UNBACK, id=entry.id, into=into.id)
    await tx.record(EntryChanged(board_id=entry.board_id, entry_id=entry.id))
    await recount_confirmations(tx, into)


async def _hold_both(
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


async def _fill(
    tx: Transaction, actor: Actor, sheet: EntryContext, entry: EntryFacts, into: EntryFacts
) -> None:
    mine, theirs = await _fields(tx, into.id), await _fields(tx, entry.id)
    filled = {**theirs, **mine}
    for field in sheet.form.fields:
        if field.type == "some_of" and field.key in mine and field.key in theirs:
            terms = sheet.taxonomies[field.taxonomy or ""].terms
            chosen = {*mine[field.key], *theirs[field.key]}
            filled[field.key] = [term.slug for term in terms if term.slug in chosen]
    if filled != mine:
        await write_entry(tx, sheet, into, filled, actor.signed_in(), clock.now())


async def _fields(tx: Transaction, entry_id: EntryId) -> Fields:
    row = await tx.row(_FIELDS, id=entry_id)
    assert row is not None
    fields: Fields = row["fields"]
    return fields

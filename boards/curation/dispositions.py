"""Dispositions: curators decide which entries are included in the published edition."""

from msgspec import Struct

from boards.events import EntryChanged
from boards.lookup.entry_queries import show_entry
from boards.lookup.lookup import lock_entry
from boards.policy import EntryIsGone, EntryIsMerged, ensure_can_decide
from boards.shapes import Disposition
from core import clock
from core.actor import Actor
from core.errors import Invalid, Stale
from core.ids import EntryId
from core.languages.texts import translatable
from core.text import LongText, tidy
from storage.database import Transaction
from storage.statements import statement


class NewDisposition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A disposition for an entry; `partly` and `excluded` need a reason."""

    disposition: Disposition
    reason: LongText = ""


class DispositionNeedsReason(Invalid):
    """An entry would be excluded, or partly included, without a reason."""

    message = translatable("Say why: an entry that is not wholly included needs a reason.")


SELECT_DISPOSITION = statement("SELECT disposition, disposition_reason FROM entries WHERE id = :entry")
UPDATE_DISPOSITION = statement("""
UPDATE entries SET disposition = :disposition, disposition_reason = :reason, disposed_by = :by,
    disposed_at = CASE WHEN :disposition = 'open' THEN NULL ELSE CAST(:now AS timestamptz) END, version = version + 1
WHERE id = :entry
""")


async def set_disposition(
    tx: Transaction, actor: Actor, entry_id: EntryId, new: NewDisposition, version: int | None
) -> None:
    """Set the disposition of an entry; setting the current one again changes nothing.

    `version`, if given, must be current, so that two curators do not overwrite each other's decision. Raises
    NotACurator, NotConsolidating, EntryIsMerged, EntryIsGone, DispositionNeedsReason or Stale.
    """
    board, entry = await lock_entry(tx, actor, entry_id)
    now, reason = clock.now(), tidy(new.reason)
    ensure_can_decide(actor, board, now)
    if entry.merged_into is not None:
        raise EntryIsMerged
    if entry.post_state != "published":
        raise EntryIsGone
    if new.disposition in ("partly", "excluded") and not reason:
        raise DispositionNeedsReason(field="reason")
    current = await tx.row(SELECT_DISPOSITION, entry=entry_id)
    if current is not None and tuple(current) == (new.disposition, reason):
        return
    if version is not None and version != entry.version:
        raise Stale(await show_entry(tx, actor, entry_id))
    binds = {"disposition": new.disposition, "reason": reason, "by": actor.signed_in(), "now": now}
    await tx.run(UPDATE_DISPOSITION, entry=entry_id, **binds)
    await tx.record(EntryChanged(board_id=board.id, entry_id=entry_id))

"""Confirmations: members state that they do what an entry says, or that they can confirm it."""

from boards.boards.replies import insert_reply
from boards.curation.screening import screen_post
from boards.events import EntryChanged
from boards.lookup.lookup import lock_entry
from boards.policy import EntryFacts, ensure_can_confirm_entry
from boards.shapes import ConfirmationKind
from core import clock
from core.actor import Actor
from core.ids import EntryId
from core.text import tidy
from forum.posts.screening import Screen, screen_nothing
from storage.database import Transaction
from storage.statements import statement

UPSERT_CONFIRMATION = statement("""
INSERT INTO entry_confirmations (entry_id, member_id, kind, organisation, post_id, set_at)
SELECT :entry, id, :kind,
    CASE WHEN 'organisation' = ANY(public) AND profile_hidden_at IS NULL THEN organisation ELSE '' END, :note, :now
FROM members WHERE id = :member
ON CONFLICT (entry_id, member_id, kind)
DO UPDATE SET post_id = coalesce(excluded.post_id, entry_confirmations.post_id), via = NULL
WHERE excluded.post_id IS NOT NULL OR entry_confirmations.via IS NOT NULL
""")
HAS_CONFIRMATION_NOTE = statement("""
SELECT post_id IS NOT NULL FROM entry_confirmations WHERE entry_id = :entry AND member_id = :member AND kind = :kind
""")
DELETE_CONFIRMATION = statement(
    "DELETE FROM entry_confirmations WHERE entry_id = :entry AND member_id = :member AND kind = :kind"
)
# Counted again from the rows under the entry's lock, so that the stored counts cannot drift.
UPDATE_CONFIRMATION_COUNTS = statement("""
UPDATE entries SET confirmations = coalesce((
    SELECT jsonb_object_agg(kind, n ORDER BY kind)
    FROM (SELECT kind, count(*) AS n FROM entry_confirmations WHERE entry_id = :entry GROUP BY kind) AS counted
), '{}') WHERE id = :entry
""")


async def confirm_entry(
    tx: Transaction,
    actor: Actor,
    entry_id: EntryId,
    kind: ConfirmationKind,
    note: str = "",
    screen: Screen = screen_nothing,
) -> None:
    """Confirm an entry as the actor; the first `note` for this kind becomes a reply in the entry's topic.

    Repeating the call changes nothing. Raises EntryIsMerged or EntryIsGone.
    """
    board, entry = await lock_entry(tx, actor, entry_id)
    now = clock.now()
    ensure_can_confirm_entry(actor, board, entry, now)
    member, text = actor.signed_in(), tidy(note)
    key = {"entry": entry_id, "member": member, "kind": kind}
    is_new_note = text and not await tx.value(HAS_CONFIRMATION_NOTE, **key)
    post = await insert_reply(tx, entry.topic_id, member, text, now) if is_new_note else None
    if post is not None:
        await screen_post(tx, actor, board, post, screen)
    if await tx.run(UPSERT_CONFIRMATION, **key, note=post, now=now):
        await recount_confirmations(tx, entry)


async def unconfirm_entry(tx: Transaction, actor: Actor, entry_id: EntryId, kind: ConfirmationKind) -> None:
    """Withdraw the actor's confirmation of this kind; raise EntryIsMerged or EntryIsGone."""
    board, entry = await lock_entry(tx, actor, entry_id)
    ensure_can_confirm_entry(actor, board, entry, clock.now())
    if await tx.run(DELETE_CONFIRMATION, entry=entry_id, member=actor.signed_in(), kind=kind):
        await recount_confirmations(tx, entry)


async def recount_confirmations(tx: Transaction, entry: EntryFacts) -> None:
    """Count the confirmations of an entry again, store the counts and record EntryChanged."""
    await tx.run(UPDATE_CONFIRMATION_COUNTS, entry=entry.id)
    await tx.record(EntryChanged(board_id=entry.board_id, entry_id=entry.id))

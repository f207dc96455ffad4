"""Consolidating: what becomes of each entry, and what curators ask of those who contributed."""

from datetime import datetime
from typing import Literal

from asyncpg import Record
from msgspec import Struct

from boards.boards.writing import say
from boards.events import EntryChanged
from boards.lookup.entry_queries import show_entry
from boards.lookup.lookup import get_entry, lock_entry
from boards.policy import EntryIsGone, EntryIsMerged, ensure_can_curate, ensure_can_decide
from boards.shapes import Disposition
from core import clock
from core.actor import Actor
from core.errors import Invalid, NotFound, Stale
from core.ids import EntryId, MemberId
from core.text import LongText, PostBody, tidy
from forum.authors import author_of
from forum.notifications.notifications import notify
from forum.notifications.reasons import Because
from members.shapes import Author
from storage.database import Reader, Transaction
from storage.statements import statement


class NewDisposition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of an entry, and why; a reason is needed where not all of it is included."""

    disposition: Disposition
    reason: LongText = ""


class NewRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a curator asks of those who contributed to an entry."""

    body: PostBody


class RequestState(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a request stands."""

    state: Literal["open", "done", "withdrawn"]


class ChangeRequest(Struct, frozen=True, kw_only=True):
    """A request to those who contributed; its words are the reply `post` in the entry's topic."""

    id: int
    entry: int
    post: int
    by: Author | None
    requested_at: datetime
    state: Literal["open", "done", "withdrawn"]


class RequestList(Struct, frozen=True):
    """All that was asked about an entry."""

    items: list[ChangeRequest]


class DispositionNeedsReason(Invalid):
    """An entry that is not wholly included needs a reason."""

    message = "Say why: an entry that is not wholly included needs a reason."


ASKED: Because = {"code": "change_requested"}
# Whoever decides has the version looked at, so that two curators do not overwrite each other.
_DISPOSE = statement("""
UPDATE entries SET disposition = :disposition, disposition_reason = :reason, disposed_by = :by,
    disposed_at = CASE WHEN :disposition = 'open' THEN NULL ELSE CAST(:now AS timestamptz) END, version = version + 1
WHERE id = :entry
""")
_DISPOSED = statement("SELECT disposition, disposition_reason FROM entries WHERE id = :entry")
_REQUEST = statement("""
INSERT INTO change_requests (entry_id, post_id, requested_by, requested_at) VALUES (:entry, :post, :by, :now) RETURNING id
""")
_REQUESTS = """
SELECT r.id, r.entry_id, r.post_id, r.requested_at, r.state, m.id AS member_id, m.handle, m.display_name
FROM change_requests r LEFT JOIN members m ON m.id = r.requested_by
"""
_OF_ENTRY = statement(f"{_REQUESTS} WHERE r.entry_id = :entry ORDER BY r.id")
_ONE = statement(f"{_REQUESTS} WHERE r.id = :id")
_SETTLE = statement("""
UPDATE change_requests
SET state = :state, settled_at = CASE WHEN :state = 'open' THEN NULL ELSE CAST(:now AS timestamptz) END
WHERE id = :id AND state <> :state
""")
_CONTRIBUTORS = statement(
    "SELECT member_id FROM entry_contributors WHERE entry_id = :entry AND member_id <> :but"
)


async def set_disposition(
    tx: Transaction, actor: Actor, entry_id: EntryId, new: NewDisposition, version: int | None
) -> None:
    """Say what becomes of an entry. The same once more changes nothing; `version`, if given, must be the current one."""
    board, entry = await lock_entry(tx, actor, entry_id)
    now, reason = clock.now(), tidy(new.reason)
    ensure_can_decide(actor, board, now)
    if entry.merged_into is not None:
        raise EntryIsMerged
    if entry.post_state != "published":
        raise EntryIsGone
    if new.disposition in ("partly", "excluded") and not reason:
        raise DispositionNeedsReason(field="reason")
    before = await tx.row(_DISPOSED, entry=entry_id)
    if before is not None and tuple(before) == (new.disposition, reason):
        return
    if version is not None and version != entry.version:
        raise Stale(await show_entry(tx, actor, entry_id))
    binds = {"disposition": new.disposition, "reason": reason, "by": actor.signed_in(), "now": now}
    await tx.run(_DISPOSE, entry=entry_id, **binds)
    await tx.record(EntryChanged(board_id=board.id, entry_id=entry_id))


async def request_change(tx: Transaction, actor: Actor, entry_id: EntryId, new: NewRequest) -> ChangeRequest:
    """Ask those who contributed to an entry for something: a reply in its topic, of which they are told."""
    board, entry = await lock_entry(tx, actor, entry_id)
    now = clock.now()
    ensure_can_curate(actor, board, now)
    if entry.merged_into is not None:
        raise EntryIsMerged
    if entry.post_state != "published":
        raise EntryIsGone
    member = actor.signed_in()
    post = await say(tx, entry.topic_id, member, new.body, now)
    request = await tx.value(_REQUEST, entry=entry_id, post=post, by=member, now=now)
    asked = [row["member_id"] for row in await tx.rows(_CONTRIBUTORS, entry=entry_id, but=member)]
    await notify(tx, "change_requested", entry.topic_id, post, {MemberId(one): ASKED for one in asked})
    await tx.record(EntryChanged(board_id=board.id, entry_id=entry_id))
    return await _show(tx, request)


async def set_request_state(
    tx: Transaction, actor: Actor, request_id: int, wanted: RequestState
) -> ChangeRequest:
    """Say that what was asked is done, or no longer asked, or is open again: curators, and for done who contributed."""
    row = await tx.row(_ONE, id=request_id)
    if row is None:
        raise NotFound
    board, entry = await lock_entry(tx, actor, EntryId(row["entry_id"]))
    now = clock.now()
    if wanted.state != "done" or not entry.has_contributed:
        ensure_can_curate(actor, board, now)
    actor.may_write(now)
    if await tx.run(_SETTLE, id=request_id, state=wanted.state, now=now):
        await tx.record(EntryChanged(board_id=board.id, entry_id=entry.id))
    return await _show(tx, request_id)


async def read_requests(tx: Reader, actor: Actor, entry_id: EntryId) -> RequestList:
    """What was asked about an entry, the first first."""
    await get_entry(tx, actor, entry_id)
    return RequestList([_request(row) for row in await tx.rows(_OF_ENTRY, entry=entry_id)])


async def _show(tx: Reader, request_id: int) -> ChangeRequest:
    row = await tx.row(_ONE, id=request_id)
    assert row is not None
    return _request(row)


def _request(row: Record) -> ChangeRequest:
    return ChangeRequest(
        id=row["id"],
        entry=row["entry_id"],
        post=row["post_id"],
        by=author_of(row["member_id"], row["handle"], row["display_name"], None),
        requested_at=row["requested_at"],
        state=row["state"],
    )

"""Change requests: curators ask the contributors of an entry for a change."""

from datetime import datetime
from typing import Literal

from asyncpg import Record
from msgspec import Struct

from boards.boards.replies import insert_reply
from boards.events import EntryChanged
from boards.lookup.lookup import get_entry, lock_entry
from boards.policy import EntryIsGone, EntryIsMerged, ensure_can_curate
from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import EntryId, MemberId
from core.text import PostBody
from forum.authors import author_of
from forum.notifications.notifications import notify
from forum.notifications.reasons import Because
from members.shapes import Author
from storage.database import Reader, Transaction
from storage.statements import statement


class NewRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change request to the contributors of an entry."""

    body: PostBody


class RequestState(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new state of a change request."""

    state: Literal["open", "done", "withdrawn"]


class ChangeRequest(Struct, frozen=True, kw_only=True):
    """A change request; its text is the reply `post` in the entry's topic."""

    id: int
    entry: int
    post: int
    by: Author | None
    requested_at: datetime
    state: Literal["open", "done", "withdrawn"]


class RequestList(Struct, frozen=True):
    """All change requests of an entry, oldest first."""

    items: list[ChangeRequest]


CHANGE_REQUESTED: Because = {"code": "change_requested"}
INSERT_CHANGE_REQUEST = statement("""
INSERT INTO change_requests (entry_id, post_id, requested_by, requested_at) VALUES (:entry, :post, :by, :now) RETURNING id
""")
SELECT_CHANGE_REQUESTS = statement("""
SELECT r.id, r.entry_id, r.post_id, r.requested_at, r.state, m.id AS member_id, m.handle, m.display_name, m.picture
FROM change_requests r LEFT JOIN members m ON m.id = r.requested_by
WHERE r.entry_id = :entry ORDER BY r.id
""")
SELECT_CHANGE_REQUEST = statement("""
SELECT r.id, r.entry_id, r.post_id, r.requested_at, r.state, m.id AS member_id, m.handle, m.display_name, m.picture
FROM change_requests r LEFT JOIN members m ON m.id = r.requested_by
WHERE r.id = :id
""")
UPDATE_CHANGE_REQUEST_STATE = statement("""
UPDATE change_requests
SET state = :state, settled_at = CASE WHEN :state = 'open' THEN NULL ELSE CAST(:now AS timestamptz) END
WHERE id = :id AND state <> :state
""")
SELECT_OTHER_CONTRIBUTORS = statement(
    "SELECT member_id FROM entry_contributors WHERE entry_id = :entry AND member_id <> :member"
)


async def request_change(tx: Transaction, actor: Actor, entry_id: EntryId, new: NewRequest) -> ChangeRequest:
    """Insert a change request as a reply in the entry's topic and notify the other contributors; return the request.

    Raises NotACurator, EntryIsMerged or EntryIsGone.
    """
    board, entry = await lock_entry(tx, actor, entry_id)
    now = clock.now()
    ensure_can_curate(actor, board, now)
    if entry.merged_into is not None:
        raise EntryIsMerged
    if entry.post_state != "published":
        raise EntryIsGone
    member = actor.signed_in()
    post = await insert_reply(tx, entry.topic_id, member, new.body, now)
    request_id = await tx.value(INSERT_CHANGE_REQUEST, entry=entry_id, post=post, by=member, now=now)
    contributors = await tx.rows(SELECT_OTHER_CONTRIBUTORS, entry=entry_id, member=member)
    reasons = {MemberId(row["member_id"]): CHANGE_REQUESTED for row in contributors}
    await notify(tx, "change_requested", entry.topic_id, post, reasons)
    await tx.record(EntryChanged(board_id=board.id, entry_id=entry_id))
    return await _get_request(tx, request_id)


async def set_request_state(
    tx: Transaction, actor: Actor, request_id: int, new: RequestState
) -> ChangeRequest:
    """Set the state of a change request and return it; contributors may set `done`, curators every state.

    Raises NotFound or NotACurator.
    """
    row = await tx.row(SELECT_CHANGE_REQUEST, id=request_id)
    if row is None:
        raise NotFound
    board, entry = await lock_entry(tx, actor, EntryId(row["entry_id"]))
    now = clock.now()
    if new.state != "done" or not entry.has_contributed:
        ensure_can_curate(actor, board, now)
    actor.may_write(now)
    if await tx.run(UPDATE_CHANGE_REQUEST_STATE, id=request_id, state=new.state, now=now):
        await tx.record(EntryChanged(board_id=board.id, entry_id=entry.id))
    return await _get_request(tx, request_id)


async def read_requests(tx: Reader, actor: Actor, entry_id: EntryId) -> RequestList:
    """Return the change requests of an entry, oldest first; raise NotFound if the actor cannot see the entry."""
    await get_entry(tx, actor, entry_id)
    return RequestList([_request(row) for row in await tx.rows(SELECT_CHANGE_REQUESTS, entry=entry_id)])


async def _get_request(tx: Reader, request_id: int) -> ChangeRequest:
    row = await tx.row(SELECT_CHANGE_REQUEST, id=request_id)
    assert row is not None
    return _request(row)


def _request(row: Record) -> ChangeRequest:
    return ChangeRequest(
        id=row["id"],
        entry=row["entry_id"],
        post=row["post_id"],
        by=author_of(row["member_id"], row["handle"], row["display_name"], None, row["picture"]),
        requested_at=row["requested_at"],
        state=row["state"],
    )

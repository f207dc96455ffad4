"""Requests to delete an account: after a waiting time the worker carries them out; until then they can be cancelled."""

from datetime import datetime, timedelta
from typing import Literal

from asyncpg import Record
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId
from members.events import ErasureCancelled, ErasureRequested
from members.profiles.duties import ensure_administrator_stays
from storage.database import Reader, Transaction
from storage.statements import statement

# Long enough to notice that somebody else did it, with a password that they had found out; well within the month of GDPR
# article 12(3).
WAITING_TIME = timedelta(days=7)
# What open cases need is asked for again after this time.
_HELD_FOR = timedelta(hours=1)

Choice = Literal["delete", "keep"]

UPSERT_ERASURE = statement("""
INSERT INTO erasures AS e (member_id, asked_at, due_at, deletes) VALUES (:member, :now, :due, :deletes)
ON CONFLICT (member_id) DO UPDATE SET deletes = excluded.deletes, due_at = least(e.due_at, excluded.due_at)
WHERE e.begun_at IS NULL RETURNING member_id
""")
DELETE_ERASURE = statement(
    "DELETE FROM erasures WHERE member_id = :member AND begun_at IS NULL RETURNING member_id"
)
SELECT_PENDING_ERASURE = statement("""
SELECT asked_at, due_at, deletes FROM erasures WHERE member_id = :member AND begun_at IS NULL
""")
LOCK_NEXT_ERASURE = statement("""
SELECT CAST(e.member_id AS text) AS item, e.member_id, e.deletes, e.begun_at FROM erasures e
WHERE e.ended_at IS NULL AND e.due_at <= :now AND NOT EXISTS (
    SELECT FROM quarantine w WHERE w.job = 'erasures' AND w.item = CAST(e.member_id AS text) AND w.due_at > :now)
ORDER BY e.due_at, e.member_id LIMIT 1 FOR UPDATE SKIP LOCKED
""")
UPDATE_ERASURE_BEGUN = statement(
    "UPDATE erasures SET begun_at = :now, handle_hash = :hash WHERE member_id = :member"
)
UPDATE_ERASURE_DUE = statement("UPDATE erasures SET due_at = :due WHERE member_id = :member")
UPDATE_ERASURE_ENDED = statement("""
UPDATE erasures SET begun_at = coalesce(begun_at, :now), ended_at = :now WHERE member_id = :member
""")
UPDATE_PENDING_POSTPONED = statement(
    "UPDATE erasures SET due_at = :due WHERE begun_at IS NULL AND due_at < :due"
)
# An id is never given twice (a restore skips some), so whoever joined after the erasure is not in an older backup.
UPSERT_REPLAYED_ERASURE = statement("""
INSERT INTO erasures AS e (member_id, asked_at, due_at, deletes)
SELECT id, :at, :now, :deletes FROM members WHERE id = :member AND joined_at <= :at
ON CONFLICT (member_id) DO UPDATE SET deletes = excluded.deletes, due_at = excluded.due_at, ended_at = NULL
RETURNING member_id
""")
INSERT_ENDED_ERASURE = statement("""
INSERT INTO erasures (member_id, asked_at, due_at, deletes, begun_at, ended_at)
VALUES (:member, :at, :at, :deletes, :at, :at) ON CONFLICT (member_id) DO NOTHING
""")
SELECT_HAS_ERASURES = statement("SELECT to_regclass('erasures') IS NOT NULL")
SELECT_BEGUN_ERASURES = statement("""
SELECT member_id, begun_at, deletes FROM erasures WHERE begun_at IS NOT NULL ORDER BY begun_at, member_id
""")


class ErasureChoices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of the texts of each kind: `delete`, or `keep` without the name. `posts` are those in topics, `rooms`
    what was written in rooms of gatherings, `entries` entries of boards on which nobody else worked."""

    posts: Choice
    rooms: Choice
    entries: Choice

    @property
    def deletes(self) -> list[str]:
        """Return the kinds of which the texts are deleted."""
        return [kind for kind in self.__struct_fields__ if getattr(self, kind) == "delete"]


# The kinds of texts about which members choose.
KINDS: tuple[str, ...] = ErasureChoices.__struct_fields__


class PendingErasure(Struct, frozen=True, kw_only=True):
    """A request to delete an account that can still be cancelled."""

    asked_at: datetime
    due_at: datetime
    posts: Choice
    rooms: Choice
    entries: Choice


async def request_erasure(tx: Transaction, actor: Actor, choices: ErasureChoices) -> PendingErasure:
    """Ask to delete the actor's account after the waiting time; asking again changes the choices and not the time.

    Raises LastAdministrator.
    """
    return await request_erasure_of(tx, actor.signed_in(), choices)


async def request_erasure_of(tx: Transaction, member: MemberId, choices: ErasureChoices) -> PendingErasure:
    """Delete a member's account after the waiting time, and tell the member; raise LastAdministrator."""
    await plan_erasure(tx, member, choices.deletes, clock.now() + WAITING_TIME)
    await tx.record(ErasureRequested(member_id=member))
    pending = await find_erasure(tx, member)
    if pending is None:
        raise NotFound
    return pending


async def plan_erasure(tx: Transaction, member: MemberId, deletes: list[str], due: datetime) -> None:
    """Let the worker erase a member at a time; raise LastAdministrator."""
    await ensure_administrator_stays(tx, member)
    await tx.value(UPSERT_ERASURE, member=member, now=clock.now(), due=due, deletes=deletes)


async def cancel_erasure(tx: Transaction, actor: Actor) -> None:
    """Keep the actor's account; raise NotFound if its deletion was not asked for, or has begun."""
    await cancel_erasure_of(tx, actor.signed_in())


async def cancel_erasure_of(tx: Transaction, member: MemberId) -> None:
    """Keep a member's account; raise NotFound if its deletion was not asked for, or has begun."""
    if await tx.value(DELETE_ERASURE, member=member) is None:
        raise NotFound
    await tx.record(ErasureCancelled(member_id=member))


async def find_erasure(tx: Reader, member: MemberId) -> PendingErasure | None:
    """Return the request to delete a member's account that can still be cancelled, or None."""
    row = await tx.row(SELECT_PENDING_ERASURE, member=member)
    return None if row is None else _pending(row)


async def lock_next_erasure(tx: Transaction) -> Record | None:
    """Lock the next erasure that is due and return its row, or None; for the worker."""
    return await tx.row(LOCK_NEXT_ERASURE, now=clock.now())


async def begin_erasure(tx: Transaction, member: MemberId, handle_hash: bytes) -> None:
    """Note that an erasure has begun and cannot be cancelled any more."""
    await tx.run(UPDATE_ERASURE_BEGUN, member=member, hash=handle_hash, now=clock.now())


async def hold_erasure(tx: Transaction, member: MemberId) -> None:
    """Let the rest of an erasure wait, because open cases need it."""
    await tx.run(UPDATE_ERASURE_DUE, member=member, due=clock.now() + _HELD_FOR)


async def end_erasure(tx: Transaction, member: MemberId) -> None:
    """Note that nothing is left of a member."""
    await tx.run(UPDATE_ERASURE_ENDED, member=member, now=clock.now())


async def postpone_pending_erasures(tx: Transaction) -> None:
    """Give everybody the waiting time again, after a restore: who cancelled since the backup can cancel again."""
    await tx.run(UPDATE_PENDING_POSTPONED, due=clock.now() + WAITING_TIME)


async def replay_erasure(tx: Transaction, member: MemberId, deletes: list[str], at: datetime) -> bool:
    """Let the worker erase a member again who was erased at that time; return whether the member is there again."""
    binds = {"member": member, "deletes": deletes, "at": at}
    if await tx.value(UPSERT_REPLAYED_ERASURE, now=clock.now(), **binds) is not None:
        return True
    await tx.run(INSERT_ENDED_ERASURE, **binds)
    return False


async def read_begun_erasures(tx: Reader) -> list[Record]:
    """Return all erasures that have begun or ended: id of the member, time, and kinds of texts that are deleted.

    A database of an older version has none: it is backed up before it is migrated.
    """
    return await tx.rows(SELECT_BEGUN_ERASURES) if await tx.value(SELECT_HAS_ERASURES) else []


def _pending(row: Record) -> PendingErasure:
    choices: dict[str, Choice] = {kind: "delete" if kind in row["deletes"] else "keep" for kind in KINDS}
    return PendingErasure(asked_at=row["asked_at"], due_at=row["due_at"], **choices)

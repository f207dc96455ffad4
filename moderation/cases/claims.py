"""Claims: a moderator says to be at a case just now, or hands it to another. They bind nobody, and lapse."""

from datetime import timedelta

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import Actor
from core.errors import Invalid
from forum.authors import author_of
from members.tables import members
from moderation.cases.cases import get_case
from moderation.events import CaseClaimed
from moderation.policy import CaseFacts, ensure_can_decide
from moderation.shapes import CaseClaim
from moderation.tables import case_claims
from storage.database import Reader, Transaction
from storage.statements import statement

LEASE = timedelta(minutes=2)
# What was handed over waits longer: who gets it may not be here.
HANDED_OVER = timedelta(hours=12)

_CLAIM = statement("""
INSERT INTO case_claims AS c (case_id, member_id, until) VALUES (:case, :member, :until)
ON CONFLICT (case_id) DO UPDATE SET member_id = :member, until = greatest(:until,
    CASE WHEN c.member_id = :member THEN c.until END)
WHERE c.member_id = :member OR c.until <= :now OR :is_handed_over RETURNING 1
""")
_WHOSE = statement("SELECT member_id FROM case_claims WHERE case_id = :case AND until > :now")
_LET_GO = statement("DELETE FROM case_claims WHERE case_id = :case AND member_id = :member RETURNING 1")
_END = statement("DELETE FROM case_claims WHERE case_id = :case")
_MODERATOR = statement("""
SELECT m.id FROM members m JOIN duties d ON d.member_id = m.id
WHERE m.handle = :handle AND (d.duty = 'administrator'
    OR d.duty = 'moderator' AND d.sector_id = coalesce(CAST(:sector AS bigint), d.sector_id))
LIMIT 1
""")
_OF = statement(
    select(
        *case_claims.c[("case_id", "until")],
        *members.c[("id", "handle", "display_name")],
    )
    .join(members, members.c.id == case_claims.c.member_id)
    .where(
        case_claims.c.case_id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
        case_claims.c.until > bindparam("now"),
    )
)


class NotModeratorThere(Invalid):
    """A case is handed to somebody who may decide it."""

    message = "Nobody of this name moderates here."


async def claim_case(tx: Transaction, actor: Actor, case_id: int) -> None:
    """Say that one is at a case; again, to stay at it. Where somebody else is, it stays theirs."""
    me = actor.signed_in()
    case = await _open_case(tx, actor, case_id)
    now = clock.now()
    was = await tx.value(_WHOSE, case=case.id, now=now)
    binds = {"case": case.id, "member": me, "now": now, "is_handed_over": False}
    if await tx.row(_CLAIM, until=now + LEASE, **binds) is not None and was != me:
        await tx.record(CaseClaimed(sector_id=case.sector_id, case_id=case.id))


async def reassign_case(tx: Transaction, actor: Actor, case_id: int, handle: str) -> None:
    """Leave a case to another of its moderators, for whom it waits."""
    actor.signed_in()
    case = await _open_case(tx, actor, case_id)
    to = await tx.value(_MODERATOR, handle=handle.removeprefix("@").lower(), sector=case.sector_id)
    if to is None:
        raise NotModeratorThere(field="member")
    now = clock.now()
    binds = {"case": case.id, "member": to, "now": now, "is_handed_over": True}
    await tx.row(_CLAIM, until=now + HANDED_OVER, **binds)
    await tx.record(CaseClaimed(sector_id=case.sector_id, case_id=case.id))


async def release_claim(tx: Transaction, actor: Actor, case_id: int) -> None:
    """Say that one is no longer at a case; also if one was not."""
    me = actor.signed_in()
    case = await get_case(tx, actor, case_id)
    if await tx.value(_LET_GO, case=case.id, member=me):
        await tx.record(CaseClaimed(sector_id=case.sector_id, case_id=case.id))


async def delete_claim(tx: Transaction, case_id: int) -> None:
    """What is decided is nobody's any more."""
    await tx.run(_END, case=case_id)


async def read_claims(tx: Reader, ids: list[int]) -> dict[int, CaseClaim]:
    """Who is at which of these cases."""
    found = {}
    for row in await tx.rows(_OF, ids=ids, now=clock.now()):
        by = author_of(row["id"], row["handle"], row["display_name"], None)
        if by is not None:
            found[row["case_id"]] = CaseClaim(by, row["until"])
    return found


async def _open_case(tx: Transaction, actor: Actor, case_id: int) -> CaseFacts:
    case = await get_case(tx, actor, case_id)
    ensure_can_decide(actor, case)
    return case

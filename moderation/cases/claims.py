"""Claims: a moderator marks a case as under review, or reassigns it. A claim blocks nobody and expires."""

from datetime import timedelta

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from core import clock
from core.actor import Actor
from core.errors import Invalid
from core.languages.texts import translatable
from forum.authors import author_of
from members.tables import members
from moderation.cases.cases import get_case
from moderation.events import CaseClaimed
from moderation.policy import CaseFacts, ensure_can_decide
from moderation.shapes import CaseClaim
from moderation.tables import case_claims
from storage.database import Reader, Transaction
from storage.statements import statement

CLAIM_DURATION = timedelta(minutes=2)
# A reassigned case is claimed for longer, because its new moderator may be offline.
REASSIGNED_DURATION = timedelta(hours=12)

UPSERT_CASE_CLAIM = statement("""
INSERT INTO case_claims AS c (case_id, member_id, until) VALUES (:case, :member, :until)
ON CONFLICT (case_id) DO UPDATE SET member_id = :member, until = greatest(:until,
    CASE WHEN c.member_id = :member THEN c.until END)
WHERE c.member_id = :member OR c.until <= :now OR :is_reassigned RETURNING 1
""")
SELECT_CLAIM_MEMBER = statement("SELECT member_id FROM case_claims WHERE case_id = :case AND until > :now")
DELETE_OWN_CLAIM = statement(
    "DELETE FROM case_claims WHERE case_id = :case AND member_id = :member RETURNING 1"
)
DELETE_CASE_CLAIM = statement("DELETE FROM case_claims WHERE case_id = :case")
SELECT_MODERATOR = statement("""
SELECT m.id FROM members m JOIN duties d ON d.member_id = m.id
WHERE m.handle = :handle AND (d.duty = 'administrator'
    OR d.duty = 'moderator' AND d.sector_id = coalesce(CAST(:sector AS bigint), d.sector_id))
LIMIT 1
""")
SELECT_CLAIMS = statement(
    select(
        *case_claims.c[("case_id", "until")],
        *members.c[("id", "handle", "display_name", "picture")],
    )
    .join(members, members.c.id == case_claims.c.member_id)
    .where(
        case_claims.c.case_id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
        case_claims.c.until > bindparam("now"),
    )
)


class NotModeratorThere(Invalid):
    """A case can only be reassigned to a member who may decide it."""

    message = translatable("No moderator with this name may decide this case.")


async def claim_case(tx: Transaction, actor: Actor, case_id: int) -> None:
    """Claim a case for two minutes, or renew the claim. A claim of another moderator stays in place. Raises NotFound,
    NotModerator or Involved."""
    me = actor.signed_in()
    case = await _get_decidable_case(tx, actor, case_id)
    now = clock.now()
    previous = await tx.value(SELECT_CLAIM_MEMBER, case=case.id, now=now)
    binds = {"case": case.id, "member": me, "now": now, "is_reassigned": False}
    if await tx.row(UPSERT_CASE_CLAIM, until=now + CLAIM_DURATION, **binds) is not None and previous != me:
        await tx.record(CaseClaimed(sector_id=case.sector_id, case_id=case.id))


async def reassign_case(tx: Transaction, actor: Actor, case_id: int, handle: str) -> None:
    """Reassign a case for twelve hours to the moderator with this handle; raise NotModeratorThere if they do not
    moderate here."""
    actor.signed_in()
    case = await _get_decidable_case(tx, actor, case_id)
    to = await tx.value(SELECT_MODERATOR, handle=handle.removeprefix("@").lower(), sector=case.sector_id)
    if to is None:
        raise NotModeratorThere(field="member")
    now = clock.now()
    binds = {"case": case.id, "member": to, "now": now, "is_reassigned": True}
    await tx.row(UPSERT_CASE_CLAIM, until=now + REASSIGNED_DURATION, **binds)
    await tx.record(CaseClaimed(sector_id=case.sector_id, case_id=case.id))


async def release_claim(tx: Transaction, actor: Actor, case_id: int) -> None:
    """Release the actor's claim on a case; do nothing if they have none."""
    me = actor.signed_in()
    case = await get_case(tx, actor, case_id)
    if await tx.value(DELETE_OWN_CLAIM, case=case.id, member=me):
        await tx.record(CaseClaimed(sector_id=case.sector_id, case_id=case.id))


async def delete_claim(tx: Transaction, case_id: int) -> None:
    """Delete the claim on a case that has been decided or escalated."""
    await tx.run(DELETE_CASE_CLAIM, case=case_id)


async def read_claims(tx: Reader, ids: list[int]) -> dict[int, CaseClaim]:
    """Return the current claims on these cases, by case id."""
    found = {}
    for row in await tx.rows(SELECT_CLAIMS, ids=ids, now=clock.now()):
        by = author_of(row["id"], row["handle"], row["display_name"], None, row["picture"])
        if by is not None:
            found[row["case_id"]] = CaseClaim(by, row["until"])
    return found


async def _get_decidable_case(tx: Transaction, actor: Actor, case_id: int) -> CaseFacts:
    case = await get_case(tx, actor, case_id)
    ensure_can_decide(actor, case)
    return case

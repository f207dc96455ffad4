"""What is known of whoever wrote what a case is about: their record here, for those who decide."""

from datetime import datetime

from msgspec import Struct

from core import clock
from core.actor import Actor
from core.ids import MemberId
from moderation.cases.cases import get_case
from moderation.policy import can_judge_in, ensure_can_decide
from moderation.sanctions.ladder import Ladder, LadderStep
from moderation.sanctions.sanctions import propose_step, read_sanctions
from moderation.shapes import Sanction
from storage.database import Reader
from storage.statements import statement

_RECORD = statement("""
SELECT m.joined_at,
    (SELECT count(*) FROM posts p WHERE p.author_id = m.id AND p.state = 'published') AS posts,
    (SELECT count(*) FROM decisions d JOIN cases c ON c.id = d.case_id
        JOIN case_subjects o ON o.case_id = c.id
        WHERE o.author_id = m.id AND d.undone_at IS NULL AND d.action = 'hide' AND d.reversed_at IS NULL)
        AS restricted,
    (SELECT count(*) FROM decisions d JOIN cases c ON c.id = d.case_id
        JOIN case_subjects o ON o.case_id = c.id
        WHERE o.author_id = m.id AND d.undone_at IS NULL AND (
            d.action IN ('no_action', 'approve', 'approve_edited') OR d.reversed_at IS NOT NULL))
        AS cleared
FROM members m WHERE m.id = :member
""")


_AUTHOR = statement("""
SELECT author_id FROM case_subjects WHERE case_id = :case
""")


class AuthorRecord(Struct, frozen=True):
    """How long somebody is here, how much they wrote, and how cases about it ended; nothing without a name."""

    joined_at: datetime | None
    posts: int
    restricted: int
    cleared: int


class CaseAuthor(Struct, frozen=True):
    """Who is responsible for what a case is about: their record, what was decided against them, and what the ladder
    proposes next; nothing of who wrote without a name."""

    record: AuthorRecord | None = None
    sanctions: list[Sanction] = []
    proposed: LadderStep | None = None


async def read_case_author(tx: Reader, actor: Actor, case_id: int, ladder: Ladder) -> CaseAuthor:
    """What whoever decides about a case needs to know of who is responsible."""
    actor.signed_in()
    case = await get_case(tx, actor, case_id)
    ensure_can_decide(actor, case)
    if not can_judge_in(actor, case.sector_id):
        return CaseAuthor()  # what else somebody wrote, and where, is no concern of hosts
    member = await tx.value(_AUTHOR, case=case_id)
    if member is None:
        return CaseAuthor()
    row = await tx.row(_RECORD, member=member)
    standing = await read_sanctions(tx, member)
    record = None if row is None else AuthorRecord(**row)
    return CaseAuthor(record, standing, await propose_step(tx, ladder, MemberId(member), clock.now()))

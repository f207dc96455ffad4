"""The moderation history of the author of a case's subject, for those who decide the case."""

from datetime import datetime

from msgspec import Struct

from core import clock
from core.actor import Actor
from core.ids import MemberId
from moderation.cases.cases import get_case
from moderation.policy import can_judge_in, ensure_can_decide
from moderation.sanctions.ladder import Ladder, LadderStep
from moderation.sanctions.sanctions import find_sanctions, propose_step
from moderation.shapes import Sanction
from storage.database import Reader
from storage.statements import statement

SELECT_AUTHOR_RECORD = statement("""
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


SELECT_CASE_AUTHOR = statement("""
SELECT author_id FROM case_subjects WHERE case_id = :case
""")


class AuthorRecord(Struct, frozen=True):
    """How long the author has been a member, how many posts they published, and how the cases about them ended."""

    joined_at: datetime | None
    posts: int
    restricted: int
    cleared: int


class CaseAuthor(Struct, frozen=True):
    """The history of the author of a case's subject: record, sanctions, and the next step of the ladder. Empty if the
    author is anonymous."""

    record: AuthorRecord | None = None
    sanctions: list[Sanction] = []
    proposed: LadderStep | None = None


async def read_case_author(tx: Reader, actor: Actor, case_id: int, ladder: Ladder) -> CaseAuthor:
    """Return the history of the author of a case's subject, for moderators who may decide it; it is empty for hosts.
    Raises NotFound, NotModerator or Involved."""
    actor.signed_in()
    case = await get_case(tx, actor, case_id)
    ensure_can_decide(actor, case)
    if not can_judge_in(actor, case.sector_id):
        return CaseAuthor()  # Hosts may not see what a member did outside their rooms.
    member = await tx.value(SELECT_CASE_AUTHOR, case=case_id)
    if member is None:
        return CaseAuthor()
    row = await tx.row(SELECT_AUTHOR_RECORD, member=member)
    sanctions = await find_sanctions(tx, member)
    record = None if row is None else AuthorRecord(**row)
    return CaseAuthor(record, sanctions, await propose_step(tx, ladder, MemberId(member), clock.now()))

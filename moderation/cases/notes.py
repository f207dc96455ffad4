"""Notes that moderators write to each other about a case, visible only to those who may decide it."""

from sqlalchemy import bindparam, insert, select

from core import clock
from core.actor import Actor
from core.text import tidy
from forum.authors import author_of
from members.tables import members
from moderation.cases.cases import get_case
from moderation.events import CaseNoted
from moderation.policy import ensure_can_decide, ensure_not_blank
from moderation.shapes import CaseNote, NewCaseNote
from moderation.tables import case_notes
from storage.database import Reader, Transaction
from storage.statements import statement

INSERT_CASE_NOTE = statement(
    insert(case_notes)
    .values({name: bindparam(name) for name in ("case_id", "member_id", "body", "written_at")})
    .returning(case_notes.c.id)
)
SELECT_CASE_NOTES = statement(
    select(
        *case_notes.c[("id", "body", "written_at")],
        members.c.id.label("member_id"),
        *members.c[("handle", "display_name", "picture")],
    )
    .outerjoin(members, members.c.id == case_notes.c.member_id)
    .where(case_notes.c.case_id == bindparam("case"))
    .order_by(case_notes.c.written_at, case_notes.c.id)
)


async def add_note(tx: Transaction, actor: Actor, case_id: int, new: NewCaseNote) -> CaseNote:
    """Add a note about a case and return it. It does not change the version of the case. Raises NotFound, NotModerator,
    Involved or ReasonMissing."""
    me = actor.signed_in()
    case = await get_case(tx, actor, case_id)
    ensure_can_decide(actor, case)
    ensure_not_blank("body", new.body)
    facts = {"case_id": case.id, "member_id": me, "body": tidy(new.body)}
    note_id = await tx.value(INSERT_CASE_NOTE, written_at=clock.now(), **facts)
    await tx.record(CaseNoted(sector_id=case.sector_id, case_id=case.id))
    return next(note for note in await read_notes(tx, case.id) if note.id == note_id)


async def read_notes(tx: Reader, case_id: int) -> list[CaseNote]:
    """Return all notes about a case, oldest first."""
    return [
        CaseNote(
            id=row["id"],
            by=author_of(row["member_id"], row["handle"], row["display_name"], None, row["picture"]),
            body=row["body"],
            at=row["written_at"],
        )
        for row in await tx.rows(SELECT_CASE_NOTES, case=case_id)
    ]

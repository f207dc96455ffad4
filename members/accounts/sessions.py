"""Sessions: signed-in browsers and clients, and the actor that a token stands for."""

from datetime import datetime, timedelta

from asyncpg import Record
from sqlalchemy import bindparam, delete, select

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId, SessionId
from members.accounts.actors import DUTIES, FACTS, SANCTIONS, actor_of
from members.events import SessionEnded, SessionsEnded
from members.shapes import Session, SessionList
from members.tables import sessions
from members.tokens import key_of_session, new_token, seal, token_hash
from storage.database import Reader, Transaction
from storage.statements import statement

IDLE = timedelta(days=14)
LONGEST = timedelta(days=90)
LONGEST_WITH_DUTY = timedelta(days=7)

# One query for every request: the session, and the member it stands for.
_FIND = f"""
SELECT s.id, s.sealed_secret, s.started_at, s.seen_at, d.administers, d.sectors, d.gatherings, {FACTS}
FROM sessions s JOIN members m ON m.id = s.member_id JOIN public_authors a ON a.id = m.id {DUTIES} {SANCTIONS}
"""
FIND = statement(_FIND + "WHERE s.token_hash = :hash AND s.ends_at > :now")
FIND_BY_ID = statement(_FIND + "WHERE s.id = :session AND s.ends_at > :now")
TOUCH = statement("UPDATE sessions SET seen_at = :hour WHERE id = :session AND seen_at < :hour")
# Only as long as the password that was checked is still the member's.
START_IF = statement("""
INSERT INTO sessions (member_id, token_hash, sealed_secret, user_agent, started_at, seen_at, ends_at)
SELECT id, :hash, :sealed, :user_agent, :hour, :hour, :ends FROM members
WHERE id = :member AND (CAST(:password_hash AS text) IS NULL OR password_hash = :password_hash)
RETURNING id
""")
LIST = statement(
    select(sessions.c.id, sessions.c.user_agent, sessions.c.started_at, sessions.c.seen_at)
    .where(
        sessions.c.member_id == bindparam("member"),
        sessions.c.ends_at > bindparam("now"),
        sessions.c.seen_at > bindparam("idle"),
    )
    .order_by(sessions.c.id.desc())
)
END = statement(
    delete(sessions).where(sessions.c.id == bindparam("session"), sessions.c.member_id == bindparam("member"))
)
END_OTHERS = statement(
    delete(sessions).where(sessions.c.member_id == bindparam("member"), sessions.c.id != bindparam("kept"))
)
END_ALL = statement(delete(sessions).where(sessions.c.member_id == bindparam("member")))
FORGET = statement("DELETE FROM sessions WHERE ends_at < :now OR seen_at < :idle")


async def find_actor(tx: Reader, token: str, now: datetime) -> Actor | None:
    """The member who holds this token, with all duties and the opened secret; None if no session has it any more."""
    row = await tx.row(FIND, hash=token_hash(token), now=now)
    if row is None or _is_over(row, now):
        return None
    if now - row["seen_at"] > timedelta(hours=1):
        await tx.run(TOUCH, session=row["id"], hour=_hour(now))
    return actor_of(row, seal(row["sealed_secret"], key_of_session(token)))


async def load_actor(tx: Reader, session: SessionId, now: datetime) -> Actor | None:
    """The member of a session found before, as things are now; without the secret, which takes the token."""
    row = await tx.row(FIND_BY_ID, session=session, now=now)
    return None if row is None or _is_over(row, now) else actor_of(row, None)


async def start_session(
    tx: Transaction, member: MemberId, secret: bytes, user_agent: str = "", password_hash: str | None = None
) -> str | None:
    """A new session; its token, which is stored nowhere. With `password_hash`: None unless that is still the member's."""
    token, hour = new_token(), _hour(clock.now())
    session = await tx.value(
        START_IF,
        member=member,
        hash=token_hash(token),
        sealed=seal(secret, key_of_session(token)),
        user_agent=user_agent[:200],
        hour=hour,
        ends=hour + LONGEST,
        password_hash=password_hash,
    )
    return None if session is None else token


async def read_sessions(tx: Reader, actor: Actor) -> SessionList:
    """The member's open sessions."""
    now = clock.now()
    rows = await tx.rows(LIST, member=actor.signed_in(), now=now, idle=now - IDLE)
    return SessionList([Session(**row, current=row["id"] == actor.session_id) for row in rows])


async def end_session(tx: Transaction, actor: Actor, session: SessionId) -> None:
    """Sign one of the member's sessions out."""
    if not await delete_session(tx, actor.signed_in(), session):
        raise NotFound


async def delete_session(tx: Transaction, member: MemberId, session: SessionId) -> bool:
    """End a session of a member, if it is one; whether it was."""
    if not await tx.run(END, session=session, member=member):
        return False
    await tx.record(SessionEnded(member_id=member, session_id=session))
    return True


async def end_other_sessions(tx: Transaction, actor: Actor) -> None:
    """Sign all of the member's sessions out but this one."""
    member, kept = actor.signed_in(), actor.session_id or SessionId(0)
    await tx.run(END_OTHERS, member=member, kept=kept)
    await tx.record(SessionsEnded(member_id=member, kept_id=kept))


async def end_all_sessions(tx: Transaction, member: MemberId) -> None:
    """Sign a member out everywhere."""
    await tx.run(END_ALL, member=member)
    await tx.record(SessionsEnded(member_id=member))


async def delete_ended_sessions(tx: Transaction) -> int:
    """Drop the sessions that are over; how many."""
    now = clock.now()
    return await tx.run(FORGET, now=now, idle=now - IDLE)


def _is_over(row: Record, now: datetime) -> bool:
    longest = LONGEST if row["administers"] is None else LONGEST_WITH_DUTY
    return bool(now - row["started_at"] > longest or now - row["seen_at"] > IDLE)


def _hour(now: datetime) -> datetime:
    """The hour that has begun. When in it a member was here is stored nowhere: a finer time could be laid beside that of
    an anonymous question."""
    return now.replace(minute=0, second=0, microsecond=0)

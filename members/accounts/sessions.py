"""Sign-in sessions of browsers and clients, and the actor of a session token."""

from datetime import datetime, timedelta

from asyncpg import Record
from sqlalchemy import DateTime, bindparam, delete, select, true

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId, SessionId
from members.accounts.actors import ACTIVE_SANCTIONS, ACTOR_COLUMNS, MEMBER_DUTIES, actor_of
from members.events import SessionEnded, SessionsEnded
from members.shapes import Session, SessionList
from members.tables import members, public_authors, sessions
from members.tokens import key_of_session, new_token, seal, token_hash
from storage.database import Reader, Transaction
from storage.statements import statement

# A session ends after this time without a request, and after the maximum lifetime, which is shorter for members with a duty.
IDLE_TIMEOUT = timedelta(days=14)
MAX_LIFETIME = timedelta(days=90)
MAX_LIFETIME_WITH_DUTY = timedelta(days=7)

# Every request runs this query: the session, and the member with their duties and sanctions.
_SESSION_ACTOR = (
    select(
        *sessions.c[("id", "sealed_secret", "started_at", "seen_at")],
        *MEMBER_DUTIES.c[("administers", "sectors", "gatherings")],
        *ACTOR_COLUMNS,
    )
    .select_from(sessions)
    .join(members, members.c.id == sessions.c.member_id)
    .join(public_authors, public_authors.c.id == members.c.id)
    .outerjoin(MEMBER_DUTIES, true())
    .outerjoin(ACTIVE_SANCTIONS, true())
    .where(sessions.c.ends_at > bindparam("now", type_=DateTime(timezone=True)))
)
SELECT_SESSION_BY_TOKEN = statement(_SESSION_ACTOR.where(sessions.c.token_hash == bindparam("hash")))
SELECT_SESSION = statement(_SESSION_ACTOR.where(sessions.c.id == bindparam("session")))
UPDATE_SESSION_SEEN = statement("UPDATE sessions SET seen_at = :hour WHERE id = :session AND seen_at < :hour")
# Inserts nothing if the member's password is no longer the one that was checked.
INSERT_SESSION = statement("""
INSERT INTO sessions (member_id, token_hash, sealed_secret, user_agent, started_at, seen_at, ends_at)
SELECT id, :hash, :sealed, :user_agent, :hour, :hour, :ends FROM members
WHERE id = :member AND (CAST(:password_hash AS text) IS NULL OR password_hash = :password_hash)
RETURNING id
""")
SELECT_MEMBER_SESSIONS = statement(
    select(sessions.c.id, sessions.c.user_agent, sessions.c.started_at, sessions.c.seen_at)
    .where(
        sessions.c.member_id == bindparam("member"),
        sessions.c.ends_at > bindparam("now"),
        sessions.c.seen_at > bindparam("idle"),
    )
    .order_by(sessions.c.id.desc())
)
DELETE_SESSION = statement(
    delete(sessions).where(sessions.c.id == bindparam("session"), sessions.c.member_id == bindparam("member"))
)
DELETE_OTHER_SESSIONS = statement(
    delete(sessions).where(sessions.c.member_id == bindparam("member"), sessions.c.id != bindparam("kept"))
)
DELETE_MEMBER_SESSIONS = statement(delete(sessions).where(sessions.c.member_id == bindparam("member")))
DELETE_ALL_SESSIONS = statement("DELETE FROM sessions")
DELETE_ENDED_SESSIONS = statement("DELETE FROM sessions WHERE ends_at < :now OR seen_at < :idle")


async def find_actor(tx: Reader, token: str, now: datetime) -> Actor | None:
    """Return the actor of a session token, with duties and the opened secret; None if no current session has the token."""
    row = await tx.row(SELECT_SESSION_BY_TOKEN, hash=token_hash(token), now=now)
    if row is None or _has_ended(row, now):
        return None
    if now - row["seen_at"] > timedelta(hours=1):
        await tx.run(UPDATE_SESSION_SEEN, session=row["id"], hour=_round_to_hour(now))
    return actor_of(row, seal(row["sealed_secret"], key_of_session(token)))


async def load_actor(tx: Reader, session: SessionId, now: datetime) -> Actor | None:
    """Return the current actor of a session, without the secret, which only the token opens; None if the session ended."""
    row = await tx.row(SELECT_SESSION, session=session, now=now)
    return None if row is None or _has_ended(row, now) else actor_of(row, None)


async def start_session(
    tx: Transaction, member: MemberId, secret: bytes, user_agent: str = "", password_hash: str | None = None
) -> str | None:
    """Start a session and return its token, of which only a hash is stored.

    With `password_hash`, it returns None if the member's password has changed since it was checked.
    """
    token, hour = new_token(), _round_to_hour(clock.now())
    session = await tx.value(
        INSERT_SESSION,
        member=member,
        hash=token_hash(token),
        sealed=seal(secret, key_of_session(token)),
        user_agent=user_agent[:200],
        hour=hour,
        ends=hour + MAX_LIFETIME,
        password_hash=password_hash,
    )
    return None if session is None else token


async def read_sessions(tx: Reader, actor: Actor) -> SessionList:
    """Return the actor's current sessions, newest first."""
    now = clock.now()
    rows = await tx.rows(SELECT_MEMBER_SESSIONS, member=actor.signed_in(), now=now, idle=now - IDLE_TIMEOUT)
    return SessionList([Session(**row, current=row["id"] == actor.session_id) for row in rows])


async def end_session(tx: Transaction, actor: Actor, session: SessionId) -> None:
    """End one of the actor's sessions; raise NotFound."""
    if not await delete_session(tx, actor.signed_in(), session):
        raise NotFound


async def delete_session(tx: Transaction, member: MemberId, session: SessionId) -> bool:
    """Delete a session of a member; return whether it existed."""
    if not await tx.run(DELETE_SESSION, session=session, member=member):
        return False
    await tx.record(SessionEnded(member_id=member, session_id=session))
    return True


async def end_other_sessions(tx: Transaction, actor: Actor) -> None:
    """End all of the actor's sessions except the current one."""
    member, kept = actor.signed_in(), actor.session_id or SessionId(0)
    await tx.run(DELETE_OTHER_SESSIONS, member=member, kept=kept)
    await tx.record(SessionsEnded(member_id=member, kept_id=kept))


async def end_all_sessions(tx: Transaction, member: MemberId) -> None:
    """End all sessions of a member."""
    await tx.run(DELETE_MEMBER_SESSIONS, member=member)
    await tx.record(SessionsEnded(member_id=member))


async def delete_all_sessions(tx: Transaction) -> int:
    """End the sessions of everybody, without an event, after a restore: some of them had been ended since the backup."""
    return await tx.run(DELETE_ALL_SESSIONS)


async def delete_ended_sessions(tx: Transaction) -> int:
    """Delete the sessions that have ended and return their number."""
    now = clock.now()
    return await tx.run(DELETE_ENDED_SESSIONS, now=now, idle=now - IDLE_TIMEOUT)


def _has_ended(row: Record, now: datetime) -> bool:
    max_lifetime = MAX_LIFETIME if row["administers"] is None else MAX_LIFETIME_WITH_DUTY
    return bool(now - row["started_at"] > max_lifetime or now - row["seen_at"] > IDLE_TIMEOUT)


def _round_to_hour(now: datetime) -> datetime:
    """Return the time rounded down to the hour.

    No finer time of a member's requests is stored, because it could be matched with the time of an anonymous question.
    """
    return now.replace(minute=0, second=0, microsecond=0)

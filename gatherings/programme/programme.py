"""The programme of a gathering: planning, changing and cancelling its sessions."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET

from core import clock
from core.actor import Actor
from core.errors import Conflict, Invalid, NotFound, Stale
from core.ids import GatheringId, RoomId, SessionOnProgrammeId
from core.languages.texts import translatable
from core.text import tidy
from core.translations import tidied
from forum.topics.topics import TitleTooShort
from gatherings.events import SessionChanged, SessionPlanned
from gatherings.policy import GatheringCancelled, ensure_hosts, ensure_time_zone, ensure_times
from gatherings.programme.reading import find_session_row, session_of, show_session
from gatherings.rooms.rooms import get_room
from gatherings.shapes.programme import NewSession, Session, SessionChange, Speaker
from members.profiles.duties import find_member
from storage.database import Reader, Transaction
from storage.statements import statement

MAX_SESSIONS = 500

_SESSION_FIELDS = (
    "title",
    "about",
    "translations",
    "language",
    "speakers",
    "room",
    "starts_at",
    "ends_at",
    "time_zone",
    "state",
)
# Changes of one programme are serialised by the lock on the gathering, so that no two sessions get one room at one time.
LOCK_GATHERING_OF_PROGRAMME = statement(
    "SELECT state FROM gatherings WHERE id = :gathering FOR NO KEY UPDATE"
)
COUNT_SESSIONS = statement("SELECT count(*) FROM programme_sessions WHERE gathering_id = :gathering")
INSERT_PROGRAMME_SESSION = statement("""
INSERT INTO programme_sessions
    (gathering_id, room_id, title, about, translations, language, speakers, starts_at, ends_at, time_zone, state, changed_at)
VALUES (:gathering, :room, :title, :about, CAST(:translations AS jsonb), :language, CAST(:speakers AS jsonb), :starts_at,
    :ends_at, :time_zone, :state, :now)
RETURNING id
""")
UPDATE_SESSION = statement("""
UPDATE programme_sessions SET room_id = :room, title = :title, about = :about, translations = CAST(:translations AS jsonb),
    language = :language, speakers = CAST(:speakers AS jsonb), starts_at = :starts_at, ends_at = :ends_at,
    time_zone = :time_zone, state = :state, version = version + 1, changed_at = :now
WHERE id = :id
""")
SELECT_ROOM_IS_TAKEN = statement("""
SELECT EXISTS (SELECT FROM programme_sessions WHERE room_id = :room AND state = 'planned' AND id <> :id
    AND starts_at < CAST(:ends_at AS timestamptz) AND ends_at > CAST(:starts_at AS timestamptz))
""")


class RoomTaken(Conflict):
    """The room has another session at that time."""

    message = translatable("Another session is in this room at that time.")


class TooManySessions(Conflict):
    """The programme has the maximum number of sessions."""

    message = translatable("A programme has at most %(most)s sessions, including cancelled ones.")


class RoomElsewhere(Invalid):
    """The room does not belong to the gathering, or the actor cannot see it."""

    message = translatable("This event has no such room.")


class UnknownSpeaker(Invalid):
    """No member has the handle that is given for a speaker."""

    message = translatable("Nobody here has this handle. Leave it out for speakers without an account.")


async def plan_session(tx: Transaction, actor: Actor, gathering_id: GatheringId, new: NewSession) -> Session:
    """Add a session to the programme of a gathering and return it.

    Raises NotFound, NotHost, GatheringCancelled, TooManySessions, RoomTaken, RoomElsewhere, UnknownSpeaker,
    TitleTooShort and the refusals of `ensure_times` and `ensure_time_zone`.
    """
    state = await tx.value(LOCK_GATHERING_OF_PROGRAMME, gathering=gathering_id)
    if state is None:
        raise NotFound
    ensure_hosts(actor, gathering_id, clock.now())
    if state == "cancelled":
        raise GatheringCancelled
    if await tx.value(COUNT_SESSIONS, gathering=gathering_id) >= MAX_SESSIONS:
        raise TooManySessions(most=MAX_SESSIONS)
    given = {name: getattr(new, name) for name in _SESSION_FIELDS if name not in ("state", "translations")}
    values = given | {"state": "planned", "translations": {}}
    values = await _validated(tx, actor, gathering_id, values)
    await _ensure_room_is_free(tx, values)

    number = await tx.value(INSERT_PROGRAMME_SESSION, gathering=gathering_id, now=clock.now(), **values)
    await tx.record(SessionPlanned(gathering_id=gathering_id, session_id=number))
    return await show_session(tx, actor, SessionOnProgrammeId(number))


async def change_session(
    tx: Transaction,
    actor: Actor,
    session_id: SessionOnProgrammeId,
    change: SessionChange,
    version: int | None,
) -> Session:
    """Change or cancel a session and return it.

    Raises Stale if the version is given and not the current one, and what `plan_session` raises for the values.
    """
    gathering_id = (await show_session(tx, actor, session_id)).gathering
    await tx.value(LOCK_GATHERING_OF_PROGRAMME, gathering=gathering_id)
    row = await find_session_row(tx, actor, session_id)
    if row is None:
        raise NotFound
    ensure_hosts(actor, GatheringId(gathering_id), clock.now())
    old = session_of(row)
    if version is not None and version != old.version:
        raise Stale(old)
    given = {name: getattr(change, name) for name in _SESSION_FIELDS}
    values = {name: getattr(old, name) if value is UNSET else value for name, value in given.items()}
    values = await _validated(tx, actor, GatheringId(gathering_id), values)
    if all(getattr(old, name) == value for name, value in values.items()):
        return old
    await _ensure_room_is_free(tx, values, session_id)

    await tx.run(UPDATE_SESSION, id=session_id, now=clock.now(), **values)
    await tx.record(SessionChanged(gathering_id=gathering_id, session_id=session_id))
    return await show_session(tx, actor, session_id)


async def _validated(
    tx: Reader, actor: Actor, gathering_id: GatheringId, values: dict[str, Any]
) -> dict[str, Any]:
    starts_at: datetime = values["starts_at"]
    ends_at: datetime = values["ends_at"]
    ensure_times(starts_at, ends_at)
    ensure_time_zone(values["time_zone"])
    title = tidy(values["title"])
    if len(title) < 3:
        raise TitleTooShort(field="title")
    if values["room"] is not None:
        await _ensure_room_of_gathering(tx, actor, gathering_id, RoomId(values["room"]))
    times = {"starts_at": starts_at.astimezone(UTC), "ends_at": ends_at.astimezone(UTC)}
    speakers = [await _validated_speaker(tx, speaker) for speaker in values["speakers"]]
    words = {"title": title, "about": tidy(values["about"]), "translations": tidied(values["translations"])}
    return {**values, **times, **words, "speakers": speakers}


async def _ensure_room_of_gathering(
    tx: Reader, actor: Actor, gathering_id: GatheringId, room_id: RoomId
) -> None:
    try:
        room = await get_room(tx, actor, room_id)
    except NotFound as error:
        raise RoomElsewhere(field="room") from error
    if room.gathering_id != gathering_id:
        raise RoomElsewhere(field="room")


async def _validated_speaker(tx: Reader, speaker: Speaker) -> Speaker:
    tidied = msgspec.structs.replace(
        speaker, name=tidy(speaker.name), organisation=tidy(speaker.organisation)
    )
    if speaker.handle is not None:
        try:
            await find_member(tx, speaker.handle)
        except NotFound as error:
            raise UnknownSpeaker(field="speakers") from error
    return tidied


async def _ensure_room_is_free(tx: Reader, values: dict[str, Any], session_id: int = 0) -> None:
    if values["room"] is None or values["state"] == "cancelled":
        return
    when = {name: values[name] for name in ("room", "starts_at", "ends_at")}
    if await tx.value(SELECT_ROOM_IS_TAKEN, id=session_id, **when):
        raise RoomTaken

"""Who may do what in live talk: pure rules, and the refusals they raise."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Denied, Invalid, TooMany
from core.ids import GatheringId, RoomId, SectorId, TopicId

# Those that have a place in the topic; `dismissed` and `withdrawn` are where they were.
PLACED = frozenset({"live", "shortlisted", "on_stage", "answered", "merged"})


EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)

# Where a room may go from where it is.
ROOM_MOVES = {"planned": {"open"}, "open": {"closed"}, "closed": {"open"}}

# The modules in which members write, so that the rules about who writes and how often hold there.
WRITTEN = frozenset({"questions", "board"})


class RoomFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in a room."""

    id: RoomId
    gathering_id: GatheringId
    topic_id: TopicId
    sector_id: SectorId
    state: str
    modules: list[str]
    allows_anonymous: bool
    is_cancelled: bool
    version: int
    writers: str
    is_premoderated: bool
    slow_seconds: int
    question_length: int
    publishes_choices: bool


class WriterFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in somebody who writes in a room; see writing.py."""

    is_on_panel: bool = False
    is_silenced: bool = False
    last_wrote_at: datetime | None = None


class NotAdministrator(Denied):
    """Only administrators may do this."""

    message = "Only administrators can do this."


class NotHost(Denied):
    """Only hosts of the gathering may do this."""

    message = "Only the hosts of this gathering can do this."


class RoomNotOpen(Conflict):
    """The room is not open, or not any more."""

    message = "This room is not open."


class NoQuestionsHere(Conflict):
    """The room's host has switched questions off."""

    message = "This room takes no questions."


class ModuleOff(Conflict):
    """The room's hosts have switched this off."""

    message = "The hosts have not switched this on in this room."


class PanelOnly(Denied):
    """Only the panel and the hosts write in this room."""

    message = "In this room the panel and the hosts write."


class SilencedHere(Denied):
    """A host has silenced the member, or the pseudonym, in this room."""

    message = "You cannot write in this room at the moment."


class RepliesClosedHere(Conflict):
    """Hosts approve what is written in the room, and a reply would be seen at once."""

    message = "In this room hosts approve first. Replies can be written once the room is closed."


class ApprovedAsItIs(Conflict):
    """The hosts approved these words, and would not look at others."""

    message = "The hosts approved this as it is. Withdraw it and write anew: they will look at that."


class TooSoon(TooMany):
    """The room is in slow mode."""

    message = "This room is in slow mode. Nothing is lost: try again in a moment."


class RoomCannotMove(Conflict):
    """There is no way from the room's state to the one asked for."""

    message = "A room is planned, then open, then closed; a closed one can be opened again."


class GatheringCancelled(Conflict):
    """The gathering does not take place."""

    message = "This gathering was cancelled."


class HasCurrent(Conflict):
    """Of these, what is there now is told with them."""

    def __init__(self, current: Struct) -> None:
        self.current = current
        super().__init__()


class RoomMoved(HasCurrent):
    """The room is not in the version given; `current` is how it is now."""

    message = "Somebody else changed this room first."


class UnknownTimeZone(Invalid):
    """The time zone is not one of the IANA database."""

    message = "This time zone is not known. Give a name such as Europe/Vienna."


class EndsBeforeStart(Invalid):
    """It would end before it begins."""

    message = "A gathering ends after it begins."


class TimeOutOfRange(Invalid):
    """The time is not one at which a gathering can be."""

    message = "A gathering is in this century or the next."


def ensure_can_announce(actor: Actor, now: datetime) -> None:
    """Administrators announce gatherings."""
    actor.may_write(now)
    if not actor.is_administrator:
        raise NotAdministrator


def ensure_hosts(actor: Actor, gathering_id: GatheringId, now: datetime) -> None:
    """Hosts change the gathering and its rooms, open and close them, and settle questions; administrators host all."""
    actor.may_write(now)
    if not actor.hosts_at(gathering_id):
        raise NotHost


def ensure_times(starts_at: datetime, ends_at: datetime) -> None:
    """A gathering ends after it begins, at times that every calendar can show."""
    for field, moment in (("starts_at", starts_at), ("ends_at", ends_at)):
        if not EARLIEST <= moment < LATEST:
            raise TimeOutOfRange(field=field)
    if starts_at >= ends_at:
        raise EndsBeforeStart(field="ends_at")


def ensure_time_zone(name: str) -> None:
    """Time zones are those of the IANA database."""
    if name not in _time_zones():
        raise UnknownTimeZone(field="time_zone")


def ensure_can_move_room(actor: Actor, room: RoomFacts, state: str, now: datetime) -> None:
    """Hosts open and close; a cancelled gathering's rooms are not opened."""
    ensure_hosts(actor, room.gathering_id, now)
    if state not in ROOM_MOVES[room.state]:
        raise RoomCannotMove
    if state == "open" and room.is_cancelled:
        raise GatheringCancelled


def ensure_can_write(actor: Actor, room: RoomFacts, module: str, writer: WriterFacts, now: datetime) -> None:
    """Verified members write where a module is on while the room is open, on its board also before and after; who is
    silenced there does not. Where only the panel writes it alone asks and posts notices (all answer polls). Between two
    questions or notices of one member lies the time that slow mode sets. Hosts are bound by none of it but the room."""
    actor.may_write(now, room.sector_id)
    if room.state != "open" and module != "board":
        raise RoomNotOpen
    if module not in room.modules:
        raise NoQuestionsHere if module == "questions" else ModuleOff
    if actor.hosts_at(room.gathering_id):
        return
    if writer.is_silenced:
        raise SilencedHere
    if module in WRITTEN:
        _ensure_turn(room, writer, now)


def ensure_can_reply_in_room(actor: Actor, room: RoomFacts, writer: WriterFacts, now: datetime) -> None:
    """Who is silenced in a room does not reply in its topic either; while it is open, only its panel does where only the
    panel writes or hosts approve first, and all at its pace. Hosts are bound by none of it, moderators by the approval
    alone: no reply waits for it."""
    if actor.hosts_at(room.gathering_id):
        return
    is_moderator = actor.moderates_in(room.sector_id)
    if writer.is_silenced and not is_moderator:
        raise SilencedHere
    if room.state != "open":
        return
    if room.is_premoderated and not writer.is_on_panel:
        raise RepliesClosedHere
    if not is_moderator:
        _ensure_turn(room, writer, now)


def ensure_can_change_in_room(
    actor: Actor,
    room: RoomFacts,
    writer: WriterFacts,
    *,
    approved: bool = False,
    anonymous: bool = False,
    reply: bool = False,
) -> None:
    """Who is silenced in a room changes nothing there either, by whichever door. What was `approved` in a premoderated room
    keeps its words, unless who wrote it needs no approval; what is anonymous always, as an edit would tell who that is. A
    `reply` is not changed where none could be written."""
    is_host = actor.hosts_at(room.gathering_id)
    if writer.is_silenced and not is_host and not actor.moderates_in(room.sector_id):
        raise SilencedHere
    needs_approval = anonymous or not (is_host or writer.is_on_panel)
    if approved and room.is_premoderated and needs_approval:
        raise ApprovedAsItIs
    if reply and room.is_premoderated and room.state == "open" and needs_approval:
        raise RepliesClosedHere


def _ensure_turn(room: RoomFacts, writer: WriterFacts, now: datetime) -> None:
    if writer.is_on_panel:
        return
    if room.writers == "panel":
        raise PanelOnly
    if writer.last_wrote_at is not None:
        wait = writer.last_wrote_at + timedelta(seconds=room.slow_seconds) - now
        if room.slow_seconds and wait > timedelta():
            raise TooSoon(wait.total_seconds())


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())

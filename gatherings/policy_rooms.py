"""The rules for rooms: who opens and closes them, and who writes, replies and edits there."""

from datetime import datetime, timedelta

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Denied, TooMany
from core.ids import GatheringId, RoomId, SectorId, TopicId
from core.languages.texts import translatable
from gatherings.policy import GatheringCancelled, HasCurrent, ensure_hosts

# The states that a room can change to, by its current state.
ROOM_TRANSITIONS = {"planned": {"open"}, "open": {"closed"}, "closed": {"open"}}

# The modules in which members write texts: there slow mode and the restriction to the panel apply.
WRITING_MODULES = frozenset({"questions", "board"})


class RoomFacts(Struct, frozen=True, kw_only=True):
    """The facts of a room that the rules need."""

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
    """The facts that the rules need of a member who writes in a room."""

    is_on_panel: bool = False
    is_muted: bool = False
    last_wrote_at: datetime | None = None


class RoomNotOpen(Conflict):
    """The room is planned or closed."""

    message = translatable("This room is not open.")


class NoQuestionsHere(Conflict):
    """The hosts have switched questions off in this room."""

    message = translatable("This room takes no questions.")


class ModuleOff(Conflict):
    """The hosts have switched this module off in this room."""

    message = translatable("The hosts have not switched this on in this room.")


class PanelOnly(Denied):
    """Only the panel and the hosts write in this room."""

    message = translatable("Only the panel and the hosts can write in this room.")


class SilencedHere(Denied):
    """A host has muted the member, or the member's pseudonym, in this room."""

    message = translatable("You cannot write in this room at the moment.")


class RepliesClosedHere(Conflict):
    """The room is premoderated, and a reply would be published without approval."""

    message = translatable(
        "Hosts approve contributions in this room first. You can reply once the room is closed."
    )


class ApprovedAsItIs(Conflict):
    """The hosts approved this text; an edit would be published without approval."""

    message = translatable(
        "The hosts approved this text as it is. To change it, withdraw it and write a new one for approval."
    )


class TooSoon(TooMany):
    """The room is in slow mode and the member has just written."""

    message = translatable("This room is in slow mode. Your text is not lost. Try again in a moment.")


class RoomCannotMove(Conflict):
    """The room cannot change from its state to the requested one."""

    message = translatable("A planned room can be opened, an open one closed, and a closed one opened again.")


class RoomMoved(HasCurrent):
    """The given version of the room is not the current one; `current` is the room as it is now."""

    message = translatable("Somebody else changed this room first.")


def ensure_can_change_room_state(actor: Actor, room: RoomFacts, state: str, now: datetime) -> None:
    """Hosts open and close rooms, but open none of a cancelled gathering.

    Raises NotHost, RoomCannotMove or GatheringCancelled.
    """
    ensure_hosts(actor, room.gathering_id, now)
    if state not in ROOM_TRANSITIONS[room.state]:
        raise RoomCannotMove
    if state == "open" and room.is_cancelled:
        raise GatheringCancelled


def ensure_can_write(actor: Actor, room: RoomFacts, module: str, writer: WriterFacts, now: datetime) -> None:
    """Verified members write in open rooms whose hosts have the module on; on the noticeboard also before and after.

    Muted members do not write. Questions and notices are also limited to the panel, where the room says so, and by slow
    mode. None of these limits applies to hosts, but the room has to be open for them too. Raises RoomNotOpen,
    NoQuestionsHere, ModuleOff, SilencedHere, PanelOnly or TooSoon.
    """
    actor.may_write(now, room.sector_id)
    if room.state != "open" and module != "board":
        raise RoomNotOpen
    if module not in room.modules:
        raise NoQuestionsHere if module == "questions" else ModuleOff
    if actor.hosts_at(room.gathering_id):
        return
    if writer.is_muted:
        raise SilencedHere
    if module in WRITING_MODULES:
        _ensure_writers_and_slow_mode(room, writer, now)


def ensure_can_reply_in_room(actor: Actor, room: RoomFacts, writer: WriterFacts, now: datetime) -> None:
    """Members reply in the topic of a room unless they are muted there, the room is premoderated, or only its panel writes.

    The last two and slow mode apply while the room is open. No limit applies to hosts. Moderators are limited in a
    premoderated room only, because replies cannot be held for approval. Raises SilencedHere, RepliesClosedHere, PanelOnly
    or TooSoon.
    """
    if actor.hosts_at(room.gathering_id):
        return
    is_moderator = actor.moderates_in(room.sector_id)
    if writer.is_muted and not is_moderator:
        raise SilencedHere
    if room.state != "open":
        return
    if room.is_premoderated and not writer.is_on_panel:
        raise RepliesClosedHere
    if not is_moderator:
        _ensure_writers_and_slow_mode(room, writer, now)


def ensure_can_change_in_room(
    actor: Actor,
    room: RoomFacts,
    writer: WriterFacts,
    *,
    approved: bool = False,
    anonymous: bool = False,
    reply: bool = False,
) -> None:
    """Members edit and restore their posts in the topic of a room unless they are muted there.

    In a premoderated room an `approved` text is not edited, except by the panel and the hosts; an anonymous one is never
    edited, because an exception would reveal that its author is one of them. While the room is open a `reply` is not
    edited either. Raises SilencedHere, ApprovedAsItIs or RepliesClosedHere.
    """
    is_host = actor.hosts_at(room.gathering_id)
    if writer.is_muted and not is_host and not actor.moderates_in(room.sector_id):
        raise SilencedHere
    needs_approval = anonymous or not (is_host or writer.is_on_panel)
    if approved and room.is_premoderated and needs_approval:
        raise ApprovedAsItIs
    if reply and room.is_premoderated and room.state == "open" and needs_approval:
        raise RepliesClosedHere


def _ensure_writers_and_slow_mode(room: RoomFacts, writer: WriterFacts, now: datetime) -> None:
    if writer.is_on_panel:
        return
    if room.writers == "panel":
        raise PanelOnly
    if writer.last_wrote_at is not None:
        wait = writer.last_wrote_at + timedelta(seconds=room.slow_seconds) - now
        if room.slow_seconds and wait > timedelta():
            raise TooSoon(wait.total_seconds())

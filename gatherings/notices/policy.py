"""Who may do what on a bulletin board: pure rules, and the refusals they raise."""

from datetime import datetime

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Invalid
from core.ids import ColumnId, NoticeId, PostId
from forum.policy import NotYours
from gatherings.policy import EARLIEST, LATEST, ensure_hosts
from gatherings.policy_rooms import ModuleOff, RoomFacts, SilencedHere, WriterFacts

MOST_COLUMNS = 12


class NoticeFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in a notice."""

    id: NoticeId
    post_id: PostId
    column_id: ColumnId
    title: str
    body: str
    is_pinned: bool
    expires_at: datetime | None
    post_state: str
    taken_off: str | None
    version: int
    is_own: bool


class NoSuchColumn(Invalid):
    """The column is not one of the room's board."""

    message = "This column is not on this board any more. Choose another one."


class UnnamedColumn(Invalid):
    """The column would have no name."""

    message = "Give the column a name."


class EmptyNotice(Invalid):
    """Nothing is said."""

    message = "Write your notice first."


class EndsOutOfRange(Invalid):
    """The time is not one at which a notice can end."""

    message = "A notice ends in this century or the next."


class NoticeApproved(Conflict):
    """The notice does not wait any more: everybody has seen it."""

    message = "This notice is on the board already. Moderators can hide it, and hosts can take it off."


class TooManyColumns(Conflict):
    """The board is full of columns."""

    message = f"A board has {MOST_COLUMNS} columns at most: on a phone more cannot be told apart."


class ColumnNotEmpty(Conflict):
    """Notices stand in the column, perhaps such that were withdrawn or hidden."""

    message = "There are notices in this column, perhaps withdrawn or hidden ones. Say into which column they shall go."


class LastColumn(Conflict):
    """A board has at least one column."""

    message = "A board has at least one column."


def ensure_can_arrange(actor: Actor, room: RoomFacts, now: datetime) -> None:
    """Hosts name, order and remove columns, and pin, where the board is on."""
    ensure_hosts(actor, room.gathering_id, now)
    _ensure_on(room)


def ensure_can_move_notice(
    actor: Actor, room: RoomFacts, notice: NoticeFacts, writer: WriterFacts, now: datetime
) -> None:
    """Who wrote a notice and the hosts move it, and say until when it stays."""
    actor.may_write(now, room.sector_id)
    if not notice.is_own and not actor.hosts_at(room.gathering_id):
        raise NotYours
    _ensure_on(room)
    _ensure_not_silenced(actor, room, writer)


def ensure_can_reword(
    actor: Actor, room: RoomFacts, notice: NoticeFacts, writer: WriterFacts, now: datetime
) -> None:
    """Nobody edits another's words, and nobody their own while silenced in the room."""
    actor.may_write(now, room.sector_id)
    if not notice.is_own:
        raise NotYours
    _ensure_on(room)
    _ensure_not_silenced(actor, room, writer)


def is_held(actor: Actor, room: RoomFacts, writer: WriterFacts) -> bool:
    """In a premoderated room hosts look first at what others than the panel and they themselves write."""
    return room.is_premoderated and not writer.is_on_panel and not actor.hosts_at(room.gathering_id)


def ensure_valid_end(expires_at: datetime | None) -> None:
    """A notice ends at a time that every calendar can show; one that is past takes it off now."""
    if expires_at is not None and not EARLIEST <= expires_at < LATEST:
        raise EndsOutOfRange(field="expires_at")


def _ensure_on(room: RoomFacts) -> None:
    if "board" not in room.modules:
        raise ModuleOff


def _ensure_not_silenced(actor: Actor, room: RoomFacts, writer: WriterFacts) -> None:
    if writer.is_muted and not actor.hosts_at(room.gathering_id):
        raise SilencedHere

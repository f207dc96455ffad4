"""The rules for noticeboards: who arranges columns, edits and moves notices, and which notices need approval."""

from datetime import datetime

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Invalid
from core.ids import ColumnId, NoticeId, PostId
from core.languages.texts import translatable
from forum.policy import NotYours
from gatherings.policy import EARLIEST, LATEST, ensure_hosts
from gatherings.policy_rooms import ModuleOff, RoomFacts, SilencedHere, WriterFacts

MAX_COLUMNS = 12


class NoticeFacts(Struct, frozen=True, kw_only=True):
    """The facts of a notice that the rules need."""

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
    """The column does not belong to the room's noticeboard."""

    message = translatable("This column is not on this noticeboard any more. Choose another one.")


class UnnamedColumn(Invalid):
    """The title of the column is empty."""

    message = translatable("Give the column a name.")


class EmptyNotice(Invalid):
    """The title or the text of the notice is empty."""

    message = translatable("Write your notice first.")


class EndsOutOfRange(Invalid):
    """The expiry is before 2000 or after 2199."""

    message = translatable("Give an expiry between the years 2000 and 2199.")


class NoticeApproved(Conflict):
    """The notice was already approved, so everyone has seen it."""

    message = translatable("This notice is already on the noticeboard. Moderators can hide it.")


class TooManyColumns(Conflict):
    """The noticeboard has the maximum number of columns."""

    message = translatable("A noticeboard has at most %(most)s columns.")


class ColumnNotEmpty(Conflict):
    """The column contains notices, possibly withdrawn or hidden ones."""

    message = translatable(
        "This column contains notices, possibly withdrawn or hidden ones. Choose a column to move them to."
    )


class LastColumn(Conflict):
    """The column is the only one of the noticeboard."""

    message = translatable("A noticeboard has at least one column.")


def ensure_can_arrange(actor: Actor, room: RoomFacts, now: datetime) -> None:
    """Hosts arrange columns, pin and approve notices, in rooms that have the noticeboard on; raise NotHost or ModuleOff."""
    ensure_hosts(actor, room.gathering_id, now)
    _ensure_noticeboard_on(room)


def ensure_can_move_notice(
    actor: Actor, room: RoomFacts, notice: NoticeFacts, writer: WriterFacts, now: datetime
) -> None:
    """The author of a notice and the hosts move it and change when it expires.

    Raises NotYours, ModuleOff or SilencedHere.
    """
    actor.may_write(now, room.sector_id)
    if not notice.is_own and not actor.hosts_at(room.gathering_id):
        raise NotYours
    _ensure_noticeboard_on(room)
    _ensure_not_muted(actor, room, writer)


def ensure_can_edit_notice(
    actor: Actor, room: RoomFacts, notice: NoticeFacts, writer: WriterFacts, now: datetime
) -> None:
    """Only the author of a notice edits its text, and not while muted in the room.

    Raises NotYours, ModuleOff or SilencedHere.
    """
    actor.may_write(now, room.sector_id)
    if not notice.is_own:
        raise NotYours
    _ensure_noticeboard_on(room)
    _ensure_not_muted(actor, room, writer)


def needs_approval(actor: Actor, room: RoomFacts, writer: WriterFacts) -> bool:
    """Return whether the actor's notices wait for approval: in premoderated rooms, except those of panel and hosts."""
    return room.is_premoderated and not writer.is_on_panel and not actor.hosts_at(room.gathering_id)


def ensure_valid_end(expires_at: datetime | None) -> None:
    """A notice expires at a time that every calendar can show, possibly a past one; raise EndsOutOfRange."""
    if expires_at is not None and not EARLIEST <= expires_at < LATEST:
        raise EndsOutOfRange(field="expires_at")


def _ensure_noticeboard_on(room: RoomFacts) -> None:
    if "board" not in room.modules:
        raise ModuleOff


def _ensure_not_muted(actor: Actor, room: RoomFacts, writer: WriterFacts) -> None:
    if writer.is_muted and not actor.hosts_at(room.gathering_id):
        raise SilencedHere

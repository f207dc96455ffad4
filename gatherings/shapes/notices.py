"""The Structs of a room's noticeboard: its columns and its notices."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import NO_CONTROLS, ONE_LINE
from forum.shapes import HeldEdit
from gatherings.shapes.fields import AwareTime, RowId
from members.shapes import Author
from storage.event_log import Stream

NOTICE_LENGTH = 5_000
NOTICE_TITLE_LENGTH = 120
COLUMN_TITLE_LENGTH = 40

NoticeState = Literal["published", "held", "declined", "expired", "withdrawn", "hidden"]

NoticeTitle = Annotated[str, Meta(min_length=3, max_length=NOTICE_TITLE_LENGTH, pattern=ONE_LINE)]
NoticeBody = Annotated[str, Meta(min_length=1, max_length=NOTICE_LENGTH, pattern=NO_CONTROLS)]
ColumnTitle = Annotated[str, Meta(min_length=1, max_length=COLUMN_TITLE_LENGTH, pattern=ONE_LINE)]
Position = Annotated[int, Meta(ge=1, le=1_000)]


class NewColumn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column to add after the existing ones."""

    title: ColumnTitle


class ColumnChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a column to change; `place` is its new position among the columns, from 1."""

    title: ColumnTitle | UnsetType = UNSET
    place: Position | UnsetType = UNSET


class Column(Struct, frozen=True, kw_only=True):
    """A column of a noticeboard, and the number of its notices that everyone can see."""

    id: int
    title: str
    place: int
    notices: int
    version: int


class ColumnList(Struct, frozen=True):
    """All columns of a noticeboard, in their order."""

    items: list[Column]
    stream: Stream


class NewNotice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A notice to post on the noticeboard; it expires at `expires_at`, if that is given."""

    column: RowId
    title: NoticeTitle
    body: NoticeBody
    expires_at: AwareTime | None = None


class NoticeChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a notice to change; with a null `expires_at` the notice never expires."""

    title: NoticeTitle | UnsetType = UNSET
    body: NoticeBody | UnsetType = UNSET
    expires_at: AwareTime | None | UnsetType = UNSET


class NoticePlace(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The column to move a notice to."""

    column: RowId


class Notice(Struct, frozen=True, kw_only=True):
    """A notice. `post` is its post, `number` the number of that post in the room's topic; `replies` counts its replies.

    `mine` and `my_thanks` are personal: events, which go to many readers, leave them out. For a notice that the reader
    may not see (withdrawn, hidden, expired), events contain its state only. A client merges the fields it receives into
    the ones it has, and removes notices that are not `published`, except for their author and for hosts. A `held` notice
    waits for the hosts' approval; a `declined` notice waits for its author to edit it. A notice expires at `expires_at`
    without an event. `held_edit` is in the response to the author of an edit that a filter holds: the notice keeps its
    old text until a moderator decides.
    """

    id: int
    room: int
    post: int
    state: NoticeState
    version: int
    column: int | UnsetType = UNSET
    number: int | UnsetType = UNSET
    title: str | UnsetType = UNSET
    body: str | UnsetType = UNSET
    html: str | UnsetType = UNSET
    author: Author | None | UnsetType = UNSET
    replies: int | UnsetType = UNSET
    thanks: int | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    expires_at: datetime | None | UnsetType = UNSET
    posted_at: datetime | UnsetType = UNSET
    edited_at: datetime | None | UnsetType = UNSET
    my_thanks: bool | UnsetType = UNSET
    mine: bool | UnsetType = UNSET
    held_edit: HeldEdit | UnsetType = UNSET


class NoticePage(Struct, frozen=True):
    """One page of a noticeboard; `next` is the cursor of the following page."""

    items: list[Notice]
    next: str | None
    stream: Stream

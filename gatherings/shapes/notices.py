"""What comes in and goes out of bulletin boards."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import NO_CONTROLS, ONE_LINE
from forum.shapes import HeldEdit
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
End = Annotated[datetime, Meta(tz=True)]
RowId = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class NewColumn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column to add, behind the others."""

    title: ColumnTitle


class ColumnChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a column to change; `place` is where among the others it shall be, 1 is first."""

    title: ColumnTitle | UnsetType = UNSET
    place: Position | UnsetType = UNSET


class Column(Struct, frozen=True, kw_only=True):
    """A column of a board, and how many notices everyone can see there."""

    id: int
    title: str
    place: int
    notices: int
    version: int


class ColumnList(Struct, frozen=True):
    """All columns of a board, in their order."""

    items: list[Column]
    stream: Stream


class NewNotice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A notice to put on the board, until `expires_at` if it is given."""

    column: RowId
    title: NoticeTitle
    body: NoticeBody
    expires_at: End | None = None


class NoticeChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a notice to change; `expires_at` null lets it stay for good."""

    title: NoticeTitle | UnsetType = UNSET
    body: NoticeBody | UnsetType = UNSET
    expires_at: End | None | UnsetType = UNSET


class NoticePlace(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The column a notice shall be in."""

    column: RowId


class Notice(Struct, frozen=True, kw_only=True):
    """A notice. `post` is where it lives on, `number` its place in the room's topic; replies are those to its post.

    `mine` and `my_thanks` are the viewer's own: events, which are made for many viewers, leave them out. Of a notice
    that the viewer may not see (withdrawn, hidden, expired), events tell only that. Lay what comes over what is there,
    and take off the board what is not `published`, unless it is one's own or one is a host. A `held` one waits for
    the hosts; a `declined` one for its author to reword it. A notice expires by the clock, at `expires_at`, without an
    event. `held_edit` is told to whoever changed it: a rule holds the new text, and the notice says what it said.
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
    """One page of a board."""

    items: list[Notice]
    next: str | None
    stream: Stream

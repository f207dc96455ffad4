"""Structs of notifications, and the filters of the inbox."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from members.shapes import Author
from storage.event_log import Stream

# The filters of the inbox, and the kinds of notifications that each of them shows.
Only = Literal["replies", "mentions", "quotes", "followed", "rooms", "found", "boards", "tasks", "moderation"]
FILTERS: Mapping[Only, tuple[str, ...]] = {
    "replies": ("reply", "accepted"),
    "mentions": ("mentioned",),
    "quotes": ("quoted",),
    "followed": ("posted", "opened", "announced"),
    "rooms": ("answered",),
    "found": ("found",),
    "boards": ("change_requested", "entry_due", "entry_still_due", "entry_outdated"),
    "tasks": ("reminder", "bookmarked", "assigned"),
    "moderation": ("decided", "report_decided", "flag_decided", "appeal_answered", "approved", "edited"),
}


class Notification(Struct, frozen=True, kw_only=True):
    """A notification and its reason. `title` is the title of the topic. For a notification about a post, `post` and `number`
    identify it and `excerpt` is its beginning. A notification about a moderators' decision has `decision` and no topic; one
    about an announced gathering has `gathering`, its title and its start, and no topic. `by` is who did it, if that may be
    known."""

    id: int
    kind: str
    reason: str
    by: Author | None
    # The code of the reason, if it has one: `topic`, `sector`, `answers_you`, ...
    because: str | None
    topic: int | None
    title: str
    post: int | None
    decision: int | None
    gathering: int | None
    starts_at: datetime | None
    number: int | None
    excerpt: str | None
    told_at: datetime
    is_read: bool
    # Whether the member archived it.
    is_done: bool


class Unread(Struct, frozen=True):
    """The number of unread notifications."""

    unread: int


class InboxPage(Struct, frozen=True):
    """One page of notifications, the latest first; new ones are announced on `stream`."""

    items: list[Notification]
    next: str | None
    unread: int
    stream: Stream

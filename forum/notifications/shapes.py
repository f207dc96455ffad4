"""What goes out of a member's inbox."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from storage.event_log import Stream

# By what an inbox can be narrowed down.
Only = Literal["replies", "mentions", "quotes", "followed", "rooms", "found", "boards", "tasks", "moderation"]
FILTERS: Mapping[Only, tuple[str, ...]] = {
    "replies": ("reply",),
    "mentions": ("mentioned",),
    "quotes": ("quoted",),
    "followed": ("posted", "opened"),
    "rooms": ("answered",),
    "found": ("found",),
    "boards": ("change_requested", "entry_due", "entry_still_due", "entry_outdated"),
    "tasks": ("reminder", "assigned"),
    "moderation": ("decided", "report_decided", "flag_decided", "appeal_answered", "approved", "edited"),
}


class Notification(Struct, frozen=True, kw_only=True):
    """Something a member is told, and why. `title` is that of the topic; `post` and `number`, where it is about one
    post, say which, and `excerpt` how it begins. What tells of a decision of the moderators has no topic but `decision`."""

    id: int
    kind: str
    reason: str
    # The same in a word, where it is one of those that members choose or bring about: `topic`, `sector`, `answers_you`, ...
    because: str | None
    topic: int | None
    title: str
    post: int | None
    decision: int | None
    number: int | None
    excerpt: str | None
    told_at: datetime
    is_read: bool
    # Put away by the member.
    is_done: bool


class Unread(Struct, frozen=True):
    """How many notifications wait to be read."""

    unread: int


class InboxPage(Struct, frozen=True):
    """One page of notifications, the latest first; `stream` tells when there is another one."""

    items: list[Notification]
    next: str | None
    unread: int
    stream: Stream

"""What goes out of a member's inbox."""

from datetime import datetime

from msgspec import Struct

from storage.log import Stream


class Notification(Struct, frozen=True, kw_only=True):
    """Something a member is told, and why. `title` is that of the topic; `post` and `number`, where it is about one
    post, say which, and `excerpt` how it begins."""

    id: int
    kind: str
    reason: str
    # The same in a word, where it is one of those that members choose or bring about: `topic`, `sector`, `answers_you`, ...
    because: str | None
    topic: int
    title: str
    post: int | None
    number: int | None
    excerpt: str | None
    told_at: datetime
    is_read: bool


class Unread(Struct, frozen=True):
    """How many notifications wait to be read."""

    unread: int


class InboxPage(Struct, frozen=True):
    """One page of notifications, the latest first; `stream` tells when there is another one."""

    items: list[Notification]
    next: str | None
    unread: int
    stream: Stream

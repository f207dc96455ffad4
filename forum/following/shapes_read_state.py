"""Structs of the read state: what a member has read in topics, and what is unread."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from forum.following.shapes import Following
from forum.shapes import PostPage, Topic
from forum.topics.shapes import Change, ChangesSince

_Number = Annotated[int, Meta(ge=0, le=2**31 - 2)]
_Seen = Annotated[int, Meta(ge=1, le=2**31 - 2)]


class NewReading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report of what was read: all posts up to `number`, single posts by their numbers in `posts`, or both; `seconds` is
    the reading time since the last report."""

    number: _Number = 0
    posts: Annotated[list[_Seen], Meta(max_length=500)] = []
    seconds: Annotated[int, Meta(ge=0, le=600)] = 0


class Reading(Struct, frozen=True, kw_only=True):
    """A member's read state of a topic. All posts up to `number` are read; it never decreases. `unread` counts the unread
    posts of other members, up to 100, and `first_unread` is the number of the first one. `edited` lists the numbers of read
    posts that were edited since; `changes` lists changes of the topic by others since, unless they were undone."""

    topic: int
    number: int
    unread: int
    first_unread: int | None
    read_at: datetime | None
    edited: list[int] = []
    changes: list[Change] = []


class ReadState(Struct, frozen=True):
    """The ranges of post numbers that a member has read in a topic, each without its end, and the time of the last report.

    Without ranges, the member has never opened the topic.
    """

    ranges: tuple[tuple[int, int], ...] = ()
    at: datetime | None = None

    def covers(self, number: int) -> bool:
        """Return whether the post with this number is read."""
        return any(first <= number < end for first, end in self.ranges)

    @property
    def number(self) -> int:
        """The number up to which all posts are read, or 0."""
        return self.ranges[0][1] - 1 if self.ranges and self.ranges[0][0] <= 1 else 0


NOTHING_READ = ReadState()


class UnreadMark(Struct, frozen=True, kw_only=True):
    """What a list shows a member about a topic: its unread posts since the member first opened it, or that it is new."""

    unread: int = 0
    first_unread: int | None = None
    is_new: bool = False


class UnreadTopic(Struct, frozen=True):
    """A topic with unread posts, or a new one."""

    topic: Topic
    unread: int
    first_unread: int | None
    is_new: bool


class UnreadPage(Struct, frozen=True):
    """One page of topics with unread posts and new topics, the latest activity first."""

    items: list[UnreadTopic]
    next: str | None


class SectorUnread(Struct, frozen=True):
    """The number of topics in a sector with unread posts, and the number of new topics that the member has not opened."""

    sector: str
    unread: int
    new: int


class UnreadCounts(Struct, frozen=True):
    """The counts of unread and new topics of each sector that has any."""

    items: list[SectorUnread]


class MemberState(Struct, frozen=True, kw_only=True):
    """One member's state of a topic: read state, unread mark, following, and changes since the last visit."""

    read: ReadState = NOTHING_READ
    mark: UnreadMark = UnreadMark()
    following: Following | None = None
    since: ChangesSince = ChangesSince()
    # Whether a post or edit of the member in the topic waits for a moderator.
    holds: bool = False


NO_MEMBER_STATE = MemberState()


class TopicWithPosts(Struct, frozen=True):
    """A topic, one page of its posts, and the viewer's state of it."""

    topic: Topic
    posts: PostPage
    own: MemberState = NO_MEMBER_STATE
    # Whether the first post is published, in contrast to a topic whose first post is held.
    has_begun: bool = True

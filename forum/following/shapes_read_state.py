"""What comes in and goes out of reading: how far a member has come, and what is left."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from forum.following.shapes import Following
from forum.shapes import PostPage, Topic
from forum.topics.shapes import Change, ChangesSince

_Number = Annotated[int, Meta(ge=0, le=2**31 - 2)]
_Seen = Annotated[int, Meta(ge=1, le=2**31 - 2)]


class NewReading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was read: all up to a number, single posts by their numbers, or both; and for how long since the last time."""

    number: _Number = 0
    posts: Annotated[list[_Seen], Meta(max_length=500)] = []
    seconds: Annotated[int, Meta(ge=0, le=600)] = 0


class Reading(Struct, frozen=True, kw_only=True):
    """How far a member has come in a topic. All up to `number` is read; it never goes back. `unread` counts what others
    wrote and the member has not read, to `MOST` (100), and `first_unread` is the number of the first of it. `edited` are
    the posts, by their numbers, that were read and say something else since; `changes` is what others have done to the
    topic since, and still holds."""

    topic: int
    number: int
    unread: int
    first_unread: int | None
    read_at: datetime | None
    edited: list[int] = []
    changes: list[Change] = []


class ReadState(Struct, frozen=True):
    """What a member had read of a topic when it was looked at, and when last. No ranges: it was never opened."""

    ranges: tuple[tuple[int, int], ...] = ()
    at: datetime | None = None

    def covers(self, number: int) -> bool:
        """Whether a post is among it."""
        return any(first <= number < end for first, end in self.ranges)

    @property
    def number(self) -> int:
        """All up to here is read."""
        return self.ranges[0][1] - 1 if self.ranges and self.ranges[0][0] <= 1 else 0


NOTHING_READ = ReadState()


class UnreadMark(Struct, frozen=True, kw_only=True):
    """What of a topic stands out for a member in a list: posts not read since it was opened, or that it is new."""

    unread: int = 0
    first_unread: int | None = None
    is_new: bool = False


class UnreadTopic(Struct, frozen=True):
    """A topic in which something is left to read, and how much."""

    topic: Topic
    unread: int
    first_unread: int | None
    is_new: bool


class UnreadPage(Struct, frozen=True):
    """One page of topics with something left to read, the latest activity first."""

    items: list[UnreadTopic]
    next: str | None


class SectorUnread(Struct, frozen=True):
    """How many topics of a sector have posts that the member has not read, and how many are new and were never opened."""

    sector: str
    unread: int
    new: int


class UnreadCounts(Struct, frozen=True):
    """The same for each sector in which there is something."""

    items: list[SectorUnread]


class MemberState(Struct, frozen=True, kw_only=True):
    """What lies over a topic for one member: what was read of it, what is left, how it is followed."""

    read: ReadState = NOTHING_READ
    mark: UnreadMark = UnreadMark()
    following: Following | None = None
    since: ChangesSince = ChangesSince()
    # Whether something of theirs in it waits for a moderator.
    holds: bool = False


NO_MEMBER_STATE = MemberState()


class TopicWithPosts(Struct, frozen=True):
    """A topic and one page of it: what a reader opens."""

    topic: Topic
    posts: PostPage
    own: MemberState = NO_MEMBER_STATE

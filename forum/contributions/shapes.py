"""Structs of the contributions of a member."""

from datetime import datetime

from msgspec import Struct

from forum.shapes import Topic


class AuthoredPost(Struct, frozen=True, kw_only=True):
    """A post of a member with its topic; `excerpt` is its beginning."""

    post: int
    number: int
    topic: int
    title: str
    sector: str
    posted_at: datetime
    excerpt: str


class AuthoredPosts(Struct, frozen=True):
    """One page of posts of a member, the latest first."""

    items: list[AuthoredPost]
    next: str | None


class AuthoredTopics(Struct, frozen=True):
    """One page of topics that a member started, the latest first."""

    items: list[Topic]
    next: str | None


class ContributionCounts(Struct, frozen=True):
    """How many contributions of a member the caller can see, counted up to 1,000."""

    posts: int
    topics: int
    answers: int

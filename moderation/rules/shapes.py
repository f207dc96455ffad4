"""Request and response structs of rules. The subclasses of the test struct say what a rule can look for."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from core.text import NO_CONTROLS, ONE_LINE, Name, Slug
from forum.shapes import Post
from members.shapes import Author
from moderation.shapes_matches import Passage, RuleAction

_Count = Annotated[int, Meta(ge=0, le=1_000)]
_Percent = Annotated[int, Meta(ge=1, le=100)]
AuthorNotice = Annotated[str, Meta(max_length=300, pattern=ONE_LINE)]
Phrase = Annotated[str, Meta(min_length=2, max_length=100, pattern=ONE_LINE)]
Domain = Annotated[str, Meta(min_length=3, max_length=100, pattern=r"^[^\s/@:]+\.[^\s/@:.]+(?![\s\S])")]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2}(?![\s\S])")]
RoomId = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class _Test(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What a rule looks for."""


class Anything(_Test, frozen=True, kw_only=True, tag="anything"):
    """Everything, or everything after this number of posts in 24 hours. Only for new members."""

    a_day: _Count | None = None


class Links(_Test, frozen=True, kw_only=True, tag="links"):
    """More than this number of links to other sites."""

    most: _Count = 2


class Domains(_Test, frozen=True, kw_only=True, tag="domains"):
    """Links to these domains and their subdomains, or to any `others`."""

    domains: Annotated[list[Domain], Meta(min_length=1, max_length=200)]
    others: bool = False


class Phrases(_Test, frozen=True, kw_only=True, tag="phrases"):
    """One of these phrases as whole words, even if disguised by capitals, full-width or invisible characters."""

    phrases: Annotated[list[Phrase], Meta(min_length=1, max_length=200)]


class Pattern(_Test, frozen=True, kw_only=True, tag="pattern"):
    """A regular expression in the syntax of RE2, whose running time is linear in the text."""

    pattern: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=NO_CONTROLS)]


class Alike(_Test, frozen=True, kw_only=True, tag="alike"):
    """At least this number of nearly identical texts within this number of minutes, by any authors."""

    percent: Annotated[int, Meta(ge=50, le=100)] = 80
    count: Annotated[int, Meta(ge=2, le=50)] = 3
    minutes: Annotated[int, Meta(ge=1, le=1_440)] = 60


class Mentions(_Test, frozen=True, kw_only=True, tag="mentions"):
    """More than this number of mentioned members."""

    most: _Count = 10


class Turned(_Test, frozen=True, kw_only=True, tag="turned"):
    """An edit that changes an approved post, or one that is older than this number of hours: it removes this percentage
    of the text, or adds a link to a new site."""

    percent: _Percent = 60
    hours: Annotated[int, Meta(ge=0, le=10_000)] = 24
    links: bool = True


class Languages(_Test, frozen=True, kw_only=True, tag="languages"):
    """A text in any other language than these."""

    languages: Annotated[list[Language], Meta(min_length=1, max_length=50)]


RuleTest = Anything | Links | Domains | Phrases | Pattern | Alike | Mentions | Turned | Languages


class NewRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule for a sector, for a room or for everywhere; it is inactive at first.

    `trust` is the highest trust level that the rule applies to; without it, the rule applies to everybody. `told` is the
    message to authors instead of the default one.
    """

    name: Name
    sector: Slug | None = None
    room: RoomId | None = None
    test: RuleTest
    action: RuleAction = "hold"
    trust: Annotated[int, Meta(ge=0, le=20)] | None = None
    told: AuthorNotice = ""


class RuleChange(NewRule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The complete new content of a rule, in the version that was reviewed. Its scope cannot be changed."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class RuleCounts(Struct, frozen=True, kw_only=True):
    """How many texts a rule caught and held, and how many of these matches were upheld or overturned by decisions."""

    caught: int
    held: int
    upheld: int
    overturned: int


class Rule(Struct, frozen=True, kw_only=True):
    """A rule, with the counts of its matches."""

    id: int
    name: str
    sector: str | None
    room: int | None
    test: RuleTest
    action: RuleAction
    trust: int | None
    told: str
    is_on: bool
    version: int
    changed_at: datetime
    changed_by: Author | None
    measured: RuleCounts


class RuleList(Struct, frozen=True):
    """The rules that a member can see: general ones first, then by sector and room."""

    items: list[Rule]


class CaughtPost(Struct, frozen=True, kw_only=True):
    """A post that a rule would have caught, and why."""

    post: Post
    why: str
    passages: list[Passage]


class DryRunResult(Struct, frozen=True, kw_only=True):
    """The result of a dry run: how many posts were checked and caught, and the first of those caught.

    `tried` is lower than the number of posts if the time limit was reached.
    """

    tried: int
    caught: int
    items: list[CaughtPost]

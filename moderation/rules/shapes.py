"""What comes in and goes out of rules."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from core.text import NO_CONTROLS, ONE_LINE, Name, Slug
from forum.shapes import Post
from members.shapes import Author
from moderation.shapes_matches import Passage, RuleAction

_Count = Annotated[int, Meta(ge=0, le=1_000)]
_Percent = Annotated[int, Meta(ge=1, le=100)]
Translations = Annotated[str, Meta(max_length=300, pattern=ONE_LINE)]
Phrase = Annotated[str, Meta(min_length=2, max_length=100, pattern=ONE_LINE)]
Domain = Annotated[str, Meta(min_length=3, max_length=100, pattern=r"^[^\s/@:]+\.[^\s/@:.]+(?![\s\S])")]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2}(?![\s\S])")]
Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class _Test(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What a rule looks for."""


class Anything(_Test, frozen=True, kw_only=True, tag="anything"):
    """Whatever somebody writes, or what goes beyond so many posts in 24 hours. Only for members who are new."""

    a_day: _Count | None = None


class Links(_Test, frozen=True, kw_only=True, tag="links"):
    """More links to other sites than these."""

    most: _Count = 2


class Domains(_Test, frozen=True, kw_only=True, tag="domains"):
    """Links to these sites, or to any but these; what stands under a domain belongs to it."""

    domains: Annotated[list[Domain], Meta(min_length=1, max_length=200)]
    others: bool = False


class Phrases(_Test, frozen=True, kw_only=True, tag="phrases"):
    """One of these, as whole words, however it is written: capitals, full-width signs, invisible signs in between."""

    phrases: Annotated[list[Phrase], Meta(min_length=1, max_length=200)]


class Pattern(_Test, frozen=True, kw_only=True, tag="pattern"):
    """A regular expression in RE2's syntax, whose time grows with the text and never explodes."""

    pattern: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=NO_CONTROLS)]


class Alike(_Test, frozen=True, kw_only=True, tag="alike"):
    """So many texts that are nearly the same, within so many minutes, by whomever."""

    percent: Annotated[int, Meta(ge=50, le=100)] = 80
    count: Annotated[int, Meta(ge=2, le=50)] = 3
    minutes: Annotated[int, Meta(ge=1, le=1_440)] = 60


class Mentions(_Test, frozen=True, kw_only=True, tag="mentions"):
    """More members named than these."""

    most: _Count = 10


class Turned(_Test, frozen=True, kw_only=True, tag="turned"):
    """An edit that turns a post of some age, or an approved one, into something else: so much of it gone, or a link to a
    site that it did not name."""

    percent: _Percent = 60
    hours: Annotated[int, Meta(ge=0, le=10_000)] = 24
    links: bool = True


class Languages(_Test, frozen=True, kw_only=True, tag="languages"):
    """A language that is none of these."""

    languages: Annotated[list[Language], Meta(min_length=1, max_length=50)]


RuleTest = Anything | Links | Domains | Phrases | Pattern | Alike | Mentions | Turned | Languages


class NewRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule for a sector, for a room, or for everywhere; at first it is off.

    `trust` is the highest level of trust it is for; without it, it is for everybody. `told` is what authors are told
    instead of the usual words.
    """

    name: Name
    sector: Slug | None = None
    room: Id | None = None
    test: RuleTest
    action: RuleAction = "hold"
    trust: Annotated[int, Meta(ge=0, le=20)] | None = None
    told: Translations = ""


class RuleChange(NewRule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of a rule as it is to be, in the version that was looked at; where it holds stays."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class RuleCounts(Struct, frozen=True, kw_only=True):
    """What became of what a rule caught: how much it caught, held or flagged, and what was decided about it."""

    caught: int
    held: int
    upheld: int
    overturned: int


class Rule(Struct, frozen=True, kw_only=True):
    """A rule, with what came of it."""

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
    """The rules that somebody keeps: general ones first, then by sector and room."""

    items: list[Rule]


class CaughtPost(Struct, frozen=True, kw_only=True):
    """A post that a rule would have caught, and by what."""

    post: Post
    why: str
    passages: list[Passage]


class DryRunResult(Struct, frozen=True, kw_only=True):
    """What a rule would have caught among the latest posts that one can read where it is to hold: the first of them.

    `tried` is fewer than there are where looking took too long.
    """

    tried: int
    caught: int
    items: list[CaughtPost]

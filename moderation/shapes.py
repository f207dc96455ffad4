"""What comes in and goes out of moderation."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import NO_CONTROLS, ONE_LINE, PostBody, Slug, Title
from forum.posts.shapes_held import HeldPost
from forum.shapes import Post
from members.shapes import Author, EmailLanguage
from moderation.shapes_matches import RuleMatch
from storage.event_log import Stream

ObjectKind = Literal["post", "topic", "profile", "file"]
FlagReason = Literal[
    "spam", "off_topic", "abusive", "misleading", "private", "illegal", "child_abuse", "danger", "other"
]
CaseState = Literal["open", "decided"]
Action = Literal[
    "hide",
    "no_action",
    "lock",
    "warn",
    "silence",
    "suspend",
    "remove",
    "approve",
    "approve_edited",
    "withdraw",
    "move",
    "split",
    "merge",
    "duplicate",
]
# What puts something elsewhere, and takes it from nobody; its author is told why all the same.
MOVES = frozenset({"move", "split", "merge", "duplicate"})
# What takes nothing from anybody, needs no reason, and stands alone.
NON_RESTRICTIVE = frozenset({"no_action", "approve", "approve_edited"})
# What is done to a member, not to what they wrote.
SANCTIONS = frozenset({"warn", "silence", "suspend", "remove"})

NOTE_LENGTH = 2_000
RULE_LENGTH = 200
FACTS_LENGTH = 2_000

Note = Annotated[str, Meta(max_length=NOTE_LENGTH, pattern=NO_CONTROLS)]
Rule = Annotated[str, Meta(min_length=1, max_length=RULE_LENGTH, pattern=ONE_LINE)]
Facts = Annotated[str, Meta(min_length=1, max_length=FACTS_LENGTH, pattern=NO_CONTROLS)]
CaseId = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class ObjectName(Struct, frozen=True):
    """What a case is about."""

    kind: ObjectKind
    id: int


class NewFlag(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why something should be looked at; the note is for the moderators alone."""

    reason: FlagReason
    note: Note = ""


class Flag(Struct, frozen=True, kw_only=True):
    """A flag, as only the member who set it sees it."""

    object: ObjectName
    reason: FlagReason
    note: str
    flagged_at: datetime


class Reason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A statement of reasons: the rule or law, and what was found. Both are public."""

    rule: Rule
    facts: Facts


class _Decided(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    action: Action
    reason: Reason | None = None
    also: Annotated[list[Action], Meta(max_length=6)] = []
    days: Annotated[int, Meta(ge=1, le=3_650)] | None = None
    everywhere: bool = False
    # Where to: another topic, the title of a new one, or a sector.
    into: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None
    title: Title | None = None
    sector: Slug | None = None

    @property
    def actions(self) -> list[Action]:
        """All of them, each once."""
        return list(dict.fromkeys([self.action, *self.also]))


class NewDecision(_Decided, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do about a case, in the version that was looked at, `also` what else, all with one reason; a restriction
    needs it. `days` and `everywhere` are for what is done to who wrote it: silencing and suspending count in the sector
    unless everywhere. A post is moved `into` another topic or split off under a `title`; a topic is moved to a `sector`, or
    merged into another, or marked as its duplicate. What a rule holds can be approved, or approved with another `text`."""

    version: Version
    text: PostBody | None = None


class NewReversal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a decision does not stand; public."""

    facts: Facts


class Reversal(Struct, frozen=True, kw_only=True):
    """A decision taken back: why, and when; by whom is for moderators."""

    facts: str
    at: datetime
    by: Author | None | UnsetType = UNSET
    moderator: str | None | UnsetType = UNSET


class Decision(Struct, frozen=True, kw_only=True):
    """What was decided about a case, as moderators see it."""

    id: int
    case: int
    action: Action
    reason: Reason | None
    by: Author | None
    at: datetime
    undo_until: datetime
    until: datetime | None = None
    reversal: Reversal | None = None


class DecidedCase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several cases that are decided alike, in the version that was looked at."""

    id: CaseId
    version: Version


class NewDecisions(_Decided, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same decision about several cases, with one reason."""

    cases: Annotated[list[DecidedCase], Meta(min_length=1, max_length=50)]

    def about(self, case: DecidedCase) -> NewDecision:
        """The decision about one of them."""
        facts = {name: getattr(self, name) for name in _Decided.__struct_fields__}
        return NewDecision(version=case.version, **facts)


class DecisionMade(Struct, frozen=True, kw_only=True):
    """What became of one of several cases: its decision, or why there is none."""

    case: int
    decision: Decision | None = None
    code: str | None = None
    detail: str | None = None


class DecisionsMade(Struct, frozen=True):
    """What became of each of them, in the order in which they were named."""

    items: list[DecisionMade]


class Sanction(Struct, frozen=True, kw_only=True):
    """What was decided against a member: why, where and until when. The decision says how to appeal."""

    decision: int
    action: Action
    sector: str | None
    room: int | None
    begun_at: datetime
    until: datetime | None
    ended_at: datetime | None
    is_in_force: bool
    rule: str
    facts: str


class CountedReason(Struct, frozen=True):
    """How many members gave a reason."""

    reason: FlagReason
    count: int


class CaseClaim(Struct, frozen=True):
    """Who is at a case, and until when unless they say so again."""

    by: Author
    until: datetime


class NewClaim(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To be at a case oneself, or to hand it to another moderator."""

    member: Annotated[str, Meta(min_length=1, max_length=60, pattern=ONE_LINE)] | None = None


class NewCaseNote(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something for the other moderators."""

    body: Facts


class CaseNote(Struct, frozen=True, kw_only=True):
    """What a moderator told the others."""

    id: int
    by: Author | None
    body: str
    at: datetime


class CaseSubject(Struct, frozen=True, kw_only=True):
    """A topic, a profile or a file that a case is about: what it is called, where it stands, what it says by itself, and
    whether it is hidden. Who is responsible, where a name is known."""

    title: str
    address: str
    text: str
    is_hidden: bool
    author: Author | None


class Case(Struct, frozen=True, kw_only=True):
    """One thing that moderators must look at. Reporters are not named.

    `involved` tells a viewer who wrote or flagged it that others decide; `notes` are what the flags said and `discussion`
    what moderators say, for those who may decide. Events, which are made for all moderators of a sector, leave these out.
    """

    id: int
    object: ObjectName
    sector: str | None
    # Of what it is about, where it can be told.
    language: EmailLanguage | None
    state: CaseState
    version: int
    reasons: list[CountedReason]
    opened_at: datetime
    decisions: list[Decision]
    escalated_at: datetime | None = None
    post: Post | None
    subject: CaseSubject | None = None
    # What a rule holds, and what rules caught; a held one is read here alone.
    held: HeldPost | None = None
    matches: list[RuleMatch] = []
    claim: CaseClaim | None = None
    score: float = 0
    because: list[str] = []
    involved: bool | UnsetType = UNSET
    notes: list[str] | UnsetType = UNSET
    discussion: list[CaseNote] | UnsetType = UNSET


class CaseFilter(Struct, frozen=True, kw_only=True):
    """Which cases are asked for."""

    state: CaseState = "open"
    sector: str | None = None
    reason: FlagReason | None = None
    language: EmailLanguage | None = None


class Waiting(Struct, frozen=True):
    """How much waits in the viewer's queues, and how much of that by the policy of a room that the viewer hosts."""

    waiting: int
    pending: int = 0


class CasePage(Struct, frozen=True):
    """One page of the viewer's queues: open cases by their turn, decided ones latest first; one stream a sector."""

    items: list[Case]
    next: str | None
    streams: list[Stream]

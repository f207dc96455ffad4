"""Request and response structs of moderation that several of its folders use."""

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
# Actions that move or close the subject without restricting anybody. The author is still told the reason.
RELOCATIONS = frozenset({"move", "split", "merge", "duplicate"})
# Actions that restrict nobody, need no reason, and cannot be combined with others.
NON_RESTRICTIVE = frozenset({"no_action", "approve", "approve_edited"})
# Actions against a member instead of against the subject.
SANCTIONS = frozenset({"warn", "silence", "suspend", "remove"})

NOTE_LENGTH = 2_000
RULE_LENGTH = 200
FACTS_LENGTH = 2_000

Note = Annotated[str, Meta(max_length=NOTE_LENGTH, pattern=NO_CONTROLS)]
Rule = Annotated[str, Meta(min_length=1, max_length=RULE_LENGTH, pattern=ONE_LINE)]
Facts = Annotated[str, Meta(min_length=1, max_length=FACTS_LENGTH, pattern=NO_CONTROLS)]
CaseId = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class ObjectReference(Struct, frozen=True):
    """The kind and id of the subject of a case."""

    kind: ObjectKind
    id: int


class NewFlag(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a subject should be reviewed. Only moderators can read the note."""

    reason: FlagReason
    note: Note = ""


class Flag(Struct, frozen=True, kw_only=True):
    """A flag, as shown to the member who set it."""

    object: ObjectReference
    reason: FlagReason
    note: str
    flagged_at: datetime


class Reason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A statement of reasons: the rule or law, and the facts that were found. Both are public."""

    rule: Rule
    facts: Facts


class _DecisionFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    action: Action
    reason: Reason | None = None
    also: Annotated[list[Action], Meta(max_length=6)] = []
    days: Annotated[int, Meta(ge=1, le=3_650)] | None = None
    everywhere: bool = False
    # The destination: another topic, the title of a new topic, or a sector.
    into: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None
    title: Title | None = None
    sector: Slug | None = None

    @property
    def actions(self) -> list[Action]:
        """Return all actions of the decision in order, without duplicates."""
        return list(dict.fromkeys([self.action, *self.also]))


class NewDecision(_DecisionFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do about a case. `version` is the version of the case that the moderator reviewed; `also` are further
    actions with the same reason, which every restriction needs.

    `days` and `everywhere` apply to sanctions: a silence or suspension applies to the sector unless `everywhere` is
    true. A post is moved `into` another topic or split off under a `title`; a topic is moved to a `sector`, merged
    `into` another, or closed as its duplicate. A held post can be approved, or approved with another `text`.
    """

    version: Version
    text: PostBody | None = None


class NewReversal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a decision is reversed. The text is public."""

    facts: Facts


class Reversal(Struct, frozen=True, kw_only=True):
    """When and why a decision was reversed. Only moderators see by whom."""

    facts: str
    at: datetime
    by: Author | None | UnsetType = UNSET
    moderator: str | None | UnsetType = UNSET


class Decision(Struct, frozen=True, kw_only=True):
    """A decision about a case, as moderators see it."""

    id: int
    case: int
    action: Action
    reason: Reason | None
    by: Author | None
    at: datetime
    undo_until: datetime
    until: datetime | None = None
    reversal: Reversal | None = None


class CaseToDecide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several cases that get the same decision, in the version that was reviewed."""

    id: CaseId
    version: Version


class NewDecisions(_DecisionFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One decision about several cases, with one reason."""

    cases: Annotated[list[CaseToDecide], Meta(min_length=1, max_length=50)]

    def about(self, case: CaseToDecide) -> NewDecision:
        """Return the decision about one of the cases."""
        facts = {name: getattr(self, name) for name in _DecisionFields.__struct_fields__}
        return NewDecision(version=case.version, **facts)


class DecisionResult(Struct, frozen=True, kw_only=True):
    """The result for one of several cases: its decision, or the refusal code and message."""

    case: int
    decision: Decision | None = None
    code: str | None = None
    detail: str | None = None


class DecisionResults(Struct, frozen=True):
    """The results for all cases of a request, in the order of the request."""

    items: list[DecisionResult]


class Sanction(Struct, frozen=True, kw_only=True):
    """A decision against a member: its reason, where it applies and until when. Appeals refer to the decision; `is_appealed`
    is whether the member has made theirs."""

    decision: int
    action: Action
    sector: str | None
    room: int | None
    begun_at: datetime
    until: datetime | None
    ended_at: datetime | None
    is_in_force: bool
    is_appealed: bool
    rule: str
    facts: str


class CountedReason(Struct, frozen=True):
    """How many members gave this reason in their flags."""

    reason: FlagReason
    count: int


class CaseClaim(Struct, frozen=True):
    """Who is reviewing a case, and when the claim expires unless it is renewed."""

    by: Author
    until: datetime


class NewClaim(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Claim a case for yourself, or reassign it to the moderator with this handle."""

    member: Annotated[str, Meta(min_length=1, max_length=60, pattern=ONE_LINE)] | None = None


class NewCaseNote(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A note for the other moderators."""

    body: Facts


class CaseNote(Struct, frozen=True, kw_only=True):
    """A note of a moderator about a case."""

    id: int
    by: Author | None
    body: str
    at: datetime


class CaseSubject(Struct, frozen=True, kw_only=True):
    """A topic, profile or file that a case is about: its title, address and own text, whether it is hidden, and its
    author if a name is known."""

    title: str
    address: str
    text: str
    is_hidden: bool
    author: Author | None


class Case(Struct, frozen=True, kw_only=True):
    """One object that moderators must review. Reporters are not named.

    `involved` is true if the viewer wrote or flagged the subject, so that others must decide. `notes` are the notes of
    the flags and `discussion` those of the moderators, for viewers who may decide. Events leave these three out, because
    all moderators of a sector receive the same event.
    """

    id: int
    object: ObjectReference
    sector: str | None
    # The detected language of the subject.
    language: EmailLanguage | None
    state: CaseState
    version: int
    reasons: list[CountedReason]
    opened_at: datetime
    decisions: list[Decision]
    escalated_at: datetime | None = None
    post: Post | None
    subject: CaseSubject | None = None
    # The held post or edit, which moderators can read only here, and the rules that caught the subject.
    held: HeldPost | None = None
    matches: list[RuleMatch] = []
    claim: CaseClaim | None = None
    score: float = 0
    because: list[str] = []
    involved: bool | UnsetType = UNSET
    notes: list[str] | UnsetType = UNSET
    discussion: list[CaseNote] | UnsetType = UNSET


class CaseFilter(Struct, frozen=True, kw_only=True):
    """Which cases to list."""

    state: CaseState = "open"
    sector: str | None = None
    reason: FlagReason | None = None
    language: EmailLanguage | None = None


class WaitingCounts(Struct, frozen=True):
    """How many items wait for the viewer, and how many of these wait for approval in rooms that the viewer hosts."""

    waiting: int
    pending: int = 0


class CasePage(Struct, frozen=True):
    """One page of the viewer's cases: open ones by urgency, decided ones newest first; with one stream for each queue."""

    items: list[Case]
    next: str | None
    streams: list[Stream]

"""What comes in and goes out of moderation."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from core.text import NO_CONTROLS, ONE_LINE
from forum.shapes import Post
from members.shapes import Author
from storage.log import Stream

ObjectKind = Literal["post"]
FlagReason = Literal["spam", "off_topic", "abusive", "misleading", "private", "illegal", "other"]
CaseState = Literal["open", "decided"]
Action = Literal["hide", "no_action"]

NOTE_LENGTH = 2_000
RULE_LENGTH = 200
FACTS_LENGTH = 2_000

Note = Annotated[str, Meta(max_length=NOTE_LENGTH, pattern=NO_CONTROLS)]
Rule = Annotated[str, Meta(min_length=1, max_length=RULE_LENGTH, pattern=ONE_LINE)]
Facts = Annotated[str, Meta(min_length=1, max_length=FACTS_LENGTH, pattern=NO_CONTROLS)]
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


class NewDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do about a case, in the version that was looked at; a restriction needs its reason."""

    version: Version
    action: Action
    reason: Reason | None = None


class NewReversal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a decision does not stand; public."""

    facts: Facts


class Reversal(Struct, frozen=True, kw_only=True):
    """A decision taken back: why, and when; by whom is for moderators."""

    facts: str
    at: datetime
    by: Author | None | UnsetType = UNSET


class Decision(Struct, frozen=True, kw_only=True):
    """What was decided about a case, as moderators see it."""

    id: int
    case: int
    action: Action
    reason: Reason | None
    by: Author | None
    at: datetime
    reversal: Reversal | None = None


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """A decision as everybody sees it: nobody is named."""

    id: int
    case: int
    object: ObjectName
    sector: str
    action: Action
    reason: Reason | None
    at: datetime
    reversal: Reversal | None = None


class LedgerPage(Struct, frozen=True):
    """One page of the ledger, the latest decision first."""

    items: list[LedgerEntry]
    next: str | None


class CountedReason(Struct, frozen=True):
    """How many members gave a reason."""

    reason: FlagReason
    count: int


class Case(Struct, frozen=True, kw_only=True):
    """One thing that moderators must look at. Reporters are not named.

    `involved` tells a viewer who wrote or flagged it that others decide; `notes` are what the flags said, for those
    who may decide. Events, which are made for all moderators of a sector, leave both out.
    """

    id: int
    object: ObjectName
    sector: str
    state: CaseState
    version: int
    reasons: list[CountedReason]
    opened_at: datetime
    decisions: list[Decision]
    post: Post | None
    involved: bool | UnsetType = UNSET
    notes: list[str] | UnsetType = UNSET


class CasePage(Struct, frozen=True):
    """One page of the viewer's queues: open cases oldest first, decided ones latest first; one stream a sector."""

    items: list[Case]
    next: str | None
    streams: list[Stream]

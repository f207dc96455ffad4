"""What comes in and goes out of appeals, and the statement of reasons that they are about."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.text import NO_CONTROLS
from members.shapes import Author, EmailLanguage
from moderation.reasons.shapes import ShownReason
from moderation.shapes import FACTS_LENGTH, Action, ObjectName, Reason

AppealOutcome = Literal["upheld", "reversed"]
AppealText = Annotated[str, Meta(min_length=1, max_length=FACTS_LENGTH, pattern=NO_CONTROLS)]


class NewAppeal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a decision is wrong."""

    body: AppealText


class NewAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What another moderator documented_response: that the decision stands, or that it does not, and why."""

    outcome: AppealOutcome
    answer: AppealText


class Appeal(Struct, frozen=True, kw_only=True):
    """An appeal, as whoever made it and the moderators see it; who answered is for moderators."""

    id: int
    decision: int
    body: str
    at: datetime
    outcome: AppealOutcome | None
    answer: str | None
    answered_at: datetime | None


class Statement(Struct, frozen=True, kw_only=True):
    """A statement of reasons: what was decided, by which rule, on what facts, how far and how long it reaches, whether a
    program took part, and until when one can appeal. `html` is the text it is about, for whoever wrote it."""

    decision: int
    object: ObjectName
    action: Action
    reason: Reason | None
    # The language of `scope`, and the reason in it, if that was one of the templates.
    language: EmailLanguage
    shown: ShownReason | None
    scope: str
    until: datetime | None
    automated: bool
    at: datetime
    reversed_at: datetime | None
    appealable_until: datetime
    may_appeal: bool
    appeals: list[Appeal]
    html: str | None


class WaitingAppeal(Struct, frozen=True, kw_only=True):
    """An appeal that waits for a moderator, with what it is about."""

    appeal: Appeal
    case: int
    sector: str | None
    action: Action
    reason: Reason | None
    decided_by: Author | None
    by_author: bool
    may_answer: bool


class AppealPage(Struct, frozen=True):
    """The appeals that wait in the viewer's sectors, the oldest first."""

    items: list[WaitingAppeal]

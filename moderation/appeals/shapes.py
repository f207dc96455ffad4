"""Request and response structs of appeals and of the statement of reasons."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.text import NO_CONTROLS
from members.shapes import Author, EmailLanguage
from moderation.reasons.shapes import ShownReason
from moderation.shapes import FACTS_LENGTH, Action, ObjectReference, Reason

AppealOutcome = Literal["upheld", "reversed"]
AppealText = Annotated[str, Meta(min_length=1, max_length=FACTS_LENGTH, pattern=NO_CONTROLS)]


class NewAppeal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a decision is wrong."""

    body: AppealText


class NewAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another moderator's answer: whether the decision is upheld or reversed, and why."""

    outcome: AppealOutcome
    answer: AppealText


class Appeal(Struct, frozen=True, kw_only=True):
    """An appeal, as the person who made it and the moderators see it. Only moderators see who answered."""

    id: int
    decision: int
    body: str
    at: datetime
    outcome: AppealOutcome | None
    answer: str | None
    answered_at: datetime | None


class StatementOfReasons(Struct, frozen=True, kw_only=True):
    """A statement of reasons: what was decided, by which rule and on which facts, where and how long it applies, whether
    automation took part, and until when it can be appealed. `html` is the content, for its author only."""

    decision: int
    object: ObjectReference
    action: Action
    reason: Reason | None
    # The language of `scope`, and of the reason if it is a template.
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
    """An unanswered appeal, with the decision it is about."""

    appeal: Appeal
    case: int
    sector: str | None
    action: Action
    reason: Reason | None
    decided_by: Author | None
    by_author: bool
    may_answer: bool


class AppealPage(Struct, frozen=True):
    """The unanswered appeals of the viewer's sectors, oldest first."""

    items: list[WaitingAppeal]

"""What the yearly report on moderation tells: counts and medians, and nobody's name."""

from datetime import datetime

from msgspec import Struct

from moderation.shapes import Action, FlagReason


class ReasonCount(Struct, frozen=True):
    """How often something was reported for a reason: by members, and from outside."""

    reason: FlagReason
    by_members: int
    from_outside: int


class ActionCount(Struct, frozen=True):
    """How often something was done, and how often that was taken back since."""

    action: Action
    decisions: int
    reversed: int


class GroundCount(Struct, frozen=True):
    """How often a rule or law was given as the ground; none where nothing was found, or not everyone reads it."""

    ground: str | None
    decisions: int


class Medians(Struct, frozen=True, kw_only=True):
    """How long it took, in seconds, in half of the cases at most; nothing where nothing was decided."""

    to_decision: int | None
    to_decision_of_reports: int | None
    to_reversal: int | None
    to_answer_of_appeals: int | None


class YearReport(Struct, frozen=True, kw_only=True):
    """One year of moderation. Made when it is asked for, up to now at most."""

    year: int
    begins_at: datetime
    ends_at: datetime
    made_at: datetime
    notices: int
    notices_from_outside: int
    notices_by_members: int
    reasons: list[ReasonCount]
    cases_opened: int
    cases_open: int
    decisions: int
    actions: list[ActionCount]
    grounds: list[GroundCount]
    automated: int
    automated_share: float | None
    reversals: int
    appeals: int
    appeals_upheld: int
    appeals_reversed: int
    appeals_waiting: int
    medians: Medians

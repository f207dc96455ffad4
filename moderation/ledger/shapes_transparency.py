"""Response structs of the transparency report: counts and medians, without names."""

from datetime import datetime

from msgspec import Struct

from moderation.shapes import Action, FlagReason


class ReasonCount(Struct, frozen=True):
    """How many flags gave a reason: from members, and from reports."""

    reason: FlagReason
    by_members: int
    from_outside: int


class ActionCount(Struct, frozen=True):
    """How often an action was decided, and how many of these decisions were reversed since."""

    action: Action
    decisions: int
    reversed: int


class GroundCount(Struct, frozen=True):
    """How many decisions gave a rule or law as their ground. `ground` is empty if no rule was given or the content is
    not public."""

    ground: str | None
    decisions: int


class MedianDurations(Struct, frozen=True, kw_only=True):
    """Median durations in seconds; empty if nothing was decided."""

    to_decision: int | None
    to_decision_of_reports: int | None
    to_reversal: int | None
    to_answer_of_appeals: int | None


class YearReport(Struct, frozen=True, kw_only=True):
    """The transparency report of one year, computed on request, up to now at most."""

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
    medians: MedianDurations

"""The ladder: the configured order of sanctions. It proposes the next sanction and binds nobody."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class LadderStep(Struct, frozen=True, forbid_unknown_fields=True):
    """One step of the ladder: a sanction, its duration in days, and whether it applies in the sector or everywhere."""

    action: Literal["warn", "silence", "suspend"]
    days: Annotated[int, Meta(ge=1, le=3_650)] | None = None
    everywhere: bool = False


class Ladder(Struct, frozen=True, forbid_unknown_fields=True):
    """The steps, mildest first. Sanctions of the last `days` days count."""

    steps: tuple[LadderStep, ...] = (LadderStep("warn"),)
    days: int = 365

    def next_step(self, recent_sanctions: int) -> LadderStep | None:
        """Return the step for a member with this many recent sanctions; the last step once all are used, or None without
        steps."""
        return self.steps[min(recent_sanctions, len(self.steps) - 1)] if self.steps else None

"""The ladder: which sanction comes after which, as the community's file says. It proposes, and binds nobody."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class LadderStep(Struct, frozen=True, forbid_unknown_fields=True):
    """One step: what is done, for how many days, in the sector or everywhere."""

    action: Literal["warn", "silence", "suspend"]
    days: Annotated[int, Meta(ge=1, le=3_650)] | None = None
    everywhere: bool = False


class Ladder(Struct, frozen=True, forbid_unknown_fields=True):
    """The steps, the mildest first; what was decided counts for so many days."""

    steps: tuple[LadderStep, ...] = (LadderStep("warn"),)
    days: int = 365

    def next_step(self, standing: int) -> LadderStep | None:
        """The next step for who has taken so many; the last one again, once all are taken."""
        return self.steps[min(standing, len(self.steps) - 1)] if self.steps else None

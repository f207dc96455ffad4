"""Figures: what was wanted, what was measured, and whether that is enough; printed alike by every script."""

import json
import os
import platform
import statistics
from collections.abc import Iterable

from msgspec import Struct, structs

from bench.harness.processes import BUILD


class Figure(Struct, frozen=True):
    """One promise of the project: a number that must be at least, or at most, so much."""

    name: str
    value: float
    wanted: float
    unit: str = ""
    at_most: bool = False

    @property
    def is_reached(self) -> bool:
        """Whether the promise is kept."""
        return self.value <= self.wanted if self.at_most else self.value >= self.wanted

    def __str__(self) -> str:
        sign = "<=" if self.at_most else ">="
        verdict = "reached" if self.is_reached else "MISSED"
        return f"{verdict:8} {self.name:66} {self.value:10,.2f} {self.unit:4} (wanted {sign} {self.wanted:g})"


def median(values: Iterable[float]) -> float:
    """The middle of several runs."""
    return statistics.median(values)


def heading(text: str) -> None:
    """Say what is measured now, and on what."""
    print(
        f"\n{text}\n  {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True
    )


def conclude(script: str, figures: list[Figure]) -> int:
    """Print the figures, keep them in bench/build, and return the exit status: 1 when one was missed."""
    print()
    for figure in figures:
        print(figure, flush=True)
    BUILD.mkdir(exist_ok=True)
    kept = [structs.asdict(figure) | {"reached": figure.is_reached} for figure in figures]
    (BUILD / f"{script}.json").write_text(json.dumps(kept, indent=1) + "\n")
    return 0 if all(figure.is_reached for figure in figures) else 1

"""What a run cost: CPU of each process, and the statements the database ran, by their text."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from bench.harness.database import Database

_TICKS = os.sysconf("SC_CLK_TCK")
_STATEMENTS = """
SELECT query, sum(calls)::bigint AS calls, sum(total_exec_time + total_plan_time) AS ms
FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
WHERE d.datname = current_database() AND query NOT ILIKE '%pg_stat_statements%'
GROUP BY query ORDER BY 3 DESC
"""


class Spent(Struct, frozen=True):
    """A statement, how often it was run, and how long it took the database, in milliseconds."""

    text: str
    calls: int
    ms: float

    @property
    def short(self) -> str:
        """Its text in one line, cut off."""
        return re.sub(r"\s+", " ", self.text).strip()[:90]


async def statements(database: Database) -> list[Spent]:
    """All statements since the counters were reset, the dearest first."""
    return [Spent(row["query"], row["calls"], row["ms"]) for row in await database.run(_STATEMENTS)]


def cpu_of(pids: Mapping[str, int]) -> dict[str, float]:
    """Seconds of CPU that processes have taken, by name, with their children; of this one, which starts the others,
    without. Those that have ended are left out."""
    taken = {}
    for name, pid in pids.items():
        family = [pid] if pid == os.getpid() else [pid, *_children(pid)]
        times = [_seconds(one) for one in family]
        if times[0] is not None:
            taken[name] = sum(time or 0 for time in times)
    return taken


def shares(before: Mapping[str, float], after: Mapping[str, float], seconds: float) -> str:
    """What each took of a core meanwhile, in words."""
    names: Iterable[str] = before.keys() & after.keys()
    return ", ".join(f"{name} {(after[name] - before[name]) / seconds:.2f}" for name in sorted(names))


def _children(pid: int) -> list[int]:
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in path.read_text().split()]
        except OSError:
            continue
    return found


def _seconds(pid: int) -> float | None:
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    # With those children that have ended: connections come and go.
    return sum(map(int, words[11:13])) / _TICKS

"""The list of erasures in a file outside the database: a restored backup is older than erasures, which are then done again.

One line for each erasure: the id of the member, when it began, and the kinds of texts that are deleted, separated by commas.
"""

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from members.accounts.erasure_requests import KINDS

FILE_NAME = "erasures.txt"


class BadErasureList(ValueError):
    """A line of the file is not that of an erasure."""


class NotedErasure(Struct, frozen=True, order=True):
    """An erasure as it is written down: no name, no address."""

    member_id: int
    begun_at: datetime
    deletes: tuple[str, ...]

    def line(self) -> str:
        """Return the line of the file."""
        return f"{self.member_id} {self.begun_at.isoformat()} {','.join(self.deletes) or '-'}"


def note_erasure(path: Path, member_id: int, begun_at: datetime, deletes: Sequence[str]) -> None:
    """Append an erasure to the file; when this returns, the line is on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as output:
        output.write(NotedErasure(member_id, begun_at, tuple(deletes)).line() + "\n")
        output.flush()
        os.fsync(output.fileno())


def read_erasures(lines: Iterable[str]) -> list[NotedErasure]:
    """Return the erasures of a file, of each member the last; raise BadErasureList."""
    found: dict[int, NotedErasure] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            member, at, kinds = line.split()
            begun_at = datetime.fromisoformat(at)
            deletes = () if kinds == "-" else tuple(kinds.split(","))
            if begun_at.tzinfo is None or not set(KINDS).issuperset(deletes):
                raise ValueError(line)
            found[int(member)] = NotedErasure(int(member), begun_at, deletes)
        except ValueError as error:
            raise BadErasureList(f"line {number} is not that of an erasure: {line.strip()[:80]!r}") from error
    return sorted(found.values())


def read_lists(paths: Iterable[Path]) -> list[NotedErasure]:
    """Return the erasures of all these files that exist; raise BadErasureList."""
    lines = [line for path in paths if path.is_file() for line in path.read_text().splitlines()]
    return read_erasures(lines)


def join_lists(first: Iterable[NotedErasure], second: Iterable[NotedErasure]) -> list[NotedErasure]:
    """Return the erasures of two lists, each member once."""
    return sorted({one.member_id: one for one in (*first, *second)}.values())


def add_to_list(path: Path, erasures: Iterable[NotedErasure]) -> None:
    """Add erasures to a file, each member once, and replace it when it is on the disk; without any, none is made."""
    known = join_lists(read_lists([path]), erasures)
    if not known:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.writelines(f"{one.line()}\n" for one in known)
        output.flush()
        os.fsync(output.fileno())
    unfinished.rename(path)

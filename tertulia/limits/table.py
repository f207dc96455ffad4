"""The table of rate limits: read from `tertulia/data/limits.toml`, and from a file of the operator with what differs."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

DEFAULT_LIMITS = Path(__file__).parents[1] / "data" / "limits.toml"
REQUEST, WRITE = "request", "write"
# For whom a limit can count, in the order in which it is shown.
KINDS = ("member", "session", "address", "lane", "room", "login", "login_at_address")

Positive = Annotated[int, Meta(ge=1, le=1_000_000)]
NotNegative = Annotated[int, Meta(ge=0, le=1_000)]


class LimitsUnusable(Exception):
    """The file of limits cannot be used; the message is one sentence that says why."""


class Limit(Struct, frozen=True, forbid_unknown_fields=True):
    """`burst` uses at once, which come back at a rate of `count` in `seconds`."""

    burst: Positive
    count: Positive
    seconds: Positive

    @property
    def spacing(self) -> float:
        """After how many seconds one use comes back."""
        return self.seconds / self.count


class Action(Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of an action by whom they count, what one use costs, and how many uses more a refused attempt counts."""

    cost: NotNegative = 1
    failed: NotNegative = 0
    member: Limit | None = None
    session: Limit | None = None
    address: Limit | None = None
    lane: Limit | None = None
    room: Limit | None = None
    login: Limit | None = None
    login_at_address: Limit | None = None


Table = Mapping[str, Action]


def read_limits(path: Path | None = None) -> Table:
    """Return the limits of all actions, with those of a file in place of the defaults; raise LimitsUnusable.

    A file names only what differs: `[search]` with `cost = 20` changes nothing else of this action.
    """
    merged = _read(DEFAULT_LIMITS)
    for name, given in (_read(path) if path else {}).items():
        if name not in merged:
            raise LimitsUnusable(f"{path} has limits for {name}, which is no action of this service")
        if not isinstance(given, dict):
            raise LimitsUnusable(f"{path} has a value for {name} that is no section")
        merged[name] = {**merged[name], **given}
    table = {name: _action(name, given, path) for name, given in merged.items()}
    if fault := _find_costly(table):
        raise LimitsUnusable(f"{path}: {fault}")
    return table


def table_lines(table: Table) -> Iterator[str]:
    """Yield the table as text: a line for each action, its cost, and its limits."""
    for name, action in table.items():
        facts = [f"cost {action.cost}"] if action.cost != 1 else []
        facts += [f"failed +{action.failed}"] if action.failed else []
        for kind in KINDS:
            limit: Limit | None = getattr(action, kind)
            if limit is not None:
                facts.append(f"{kind} {limit.burst} at once, {limit.count} in {limit.seconds} s")
        yield f"{name}: {'; '.join(facts)}"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise LimitsUnusable(f"{path} cannot be read: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LimitsUnusable(f"{path} is not TOML: {error}") from error


def _action(name: str, given: dict[str, Any], path: Path | None) -> Action:
    try:
        return msgspec.convert(given, Action)
    except msgspec.ValidationError as error:
        raise LimitsUnusable(f"{path or DEFAULT_LIMITS}, section {name}: {error}") from error


def _find_costly(table: Table) -> str | None:
    """Return a sentence about an action that would never be possible, because it costs more than a burst, or None."""
    request = table[REQUEST]
    bursts = [limit.burst for kind in KINDS if (limit := getattr(request, kind)) is not None]
    most = min(bursts, default=0)
    for name, action in table.items():
        if bursts and action.cost > most:
            return f"{name} costs {action.cost}, more than the {most} that a burst of requests allows"
    return None

"""The permission matrix in tests/data/permissions.toml."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from storage.database import Database
from tests.support.service import raw_sql

_FILE: dict[str, Any] = tomllib.loads((Path(__file__).parents[1] / "data" / "permissions.toml").read_text())

ROLES: list[str] = _FILE["roles"]
STATES: Mapping[str, str] = _FILE["states"]
BODIES: Mapping[str, dict[str, Any]] = _FILE["bodies"]
DONE_ONCE = frozenset(_FILE["done_once"])
FORMS: Mapping[str, dict[str, str]] = _FILE["forms"]
# States that need a different request body.
_OF_BODIES = {what.partition(": ")[2] for what in (*BODIES, *FORMS)}


def _answers(row: str, count: int = len(ROLES)) -> list[str]:
    name, _, word = row.partition(" ")
    pattern = _FILE["patterns"].get(name, row)
    answers = [(word or "200") if each == "x" else each for each in pattern.split()]
    assert len(answers) == count, f"not one word for each role: {row}"
    return answers


def _rows(parts: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in parts:
        assert not found.keys() & part.keys(), found.keys() & part.keys()
        found |= {what: _answers(row) for what, row in part.items()}
    states = {what.partition(": ")[2] for what in found} - {""}
    assert states <= STATES.keys() | _OF_BODIES, f"nobody says what this is: {states - STATES.keys()}"
    return found


API = _rows(_FILE["api"].values())
PAGES = _rows(_FILE["pages"].values())
CHANNELS = _rows([_FILE["channels"]])
# The readers of a text: all roles, and its author.
SEEING = [*ROLES, "author"]
SIGHT = {what: _answers(row, len(SEEING)) for what, row in _FILE["sight"].items()}
QUERIES: Mapping[str, list[str]] = _FILE["queries"]


def operations(rows: Iterable[str]) -> set[str]:
    """Return the operations of the rows, without the states after the colon."""
    return {what.partition(": ")[0] for what in rows}


def untyped_path(path: str) -> str:
    """Return a route's path without the types of its parameters."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def body(what: str, good: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    """Return the JSON body for a row: its own, that of its operation, or else a valid default."""
    operation = what.partition(": ")[0]
    return next(
        (given for given in (BODIES.get(what), BODIES.get(operation)) if given is not None),
        good.get(operation),
    )


def form(what: str, places: Mapping[str, Any]) -> dict[str, str]:
    """Return the form fields for a row, with the ids of a world."""
    given = FORMS.get(what) or FORMS.get(what.partition(": ")[0]) or {}
    return {name: value.format(**places) for name, value in given.items()}


async def put_in_state(db: Database, state: str, places: Mapping[str, Any]) -> None:
    """Bring a world into the state that a row names after its colon."""
    if state in STATES:
        await raw_sql(db).execute(STATES[state].format(**places))

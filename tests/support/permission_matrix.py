"""The permission matrix, as tests read it from tests/data/permissions.toml."""

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
# States that only another body makes.
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
# Who reads a text: the roles, and its author.
SEEING = [*ROLES, "author"]
SIGHT = {what: _answers(row, len(SEEING)) for what, row in _FILE["sight"].items()}
QUERIES: Mapping[str, list[str]] = _FILE["queries"]


def operations(rows: Iterable[str]) -> set[str]:
    """What the rows are about, whatever the state."""
    return {what.partition(": ")[0] for what in rows}


def plainly(path: str) -> str:
    """A route's path without the types of what stands in it."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


def body(what: str, good: Mapping[str, dict[str, Any]]) -> dict[str, Any] | None:
    """What is sent to the API: what the row has, or its operation, or what is good anyway."""
    operation = what.partition(": ")[0]
    return next(
        (given for given in (BODIES.get(what), BODIES.get(operation)) if given is not None),
        good.get(operation),
    )


def form(what: str, places: Mapping[str, Any]) -> dict[str, str]:
    """What is sent with a form, in a world with these places."""
    given = FORMS.get(what) or FORMS.get(what.partition(": ")[0]) or {}
    return {name: value.format(**places) for name, value in given.items()}


async def put_in_state(db: Database, state: str, places: Mapping[str, Any]) -> None:
    """Do to a world what a row says after its colon."""
    if state in STATES:
        await raw_sql(db).execute(STATES[state].format(**places))

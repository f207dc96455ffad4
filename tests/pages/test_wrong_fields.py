"""Wrong fields of forms: each is marked where it is, several at once, and nothing that was typed is lost.

The forms are those of tests/data/permissions.toml; their bad values are in tests/data/wrong_fields.toml.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from storage.database import Database
from tests.support import permission_matrix
from tests.support.pages import BROWSER
from tests.support.requests import state_of
from tests.support.service import Service, raw_sql
from tests.support.world import World, a_world

_FILE: Mapping[str, Any] = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "wrong_fields.toml").read_text()
)
WRONG: Mapping[str, Mapping[str, Any]] = _FILE["wrong"]
_SECRET = {"password", "current", "new", "own_password", "token"}
# The values of buttons, which are no fields.
_BUTTONS = {"act", "deed", "do", "cases", "lock"}
_NOT_FIELDS = {"good", "ids", "as", "alone", "also", "before"}


def test_every_form_has_a_row() -> None:
    forms = {
        what for what in permission_matrix.operations(permission_matrix.PAGES) if what.startswith("POST")
    }
    parts = [_FILE[name].keys() for name in ("wrong", "buttons", "elsewhere")]
    assert forms - set().union(*parts) == set(), "add bad values to tests/data/wrong_fields.toml"
    assert sum(map(len, parts)) == len(forms), "rows of forms that do not exist, or exist twice"


@pytest.mark.parametrize("what", WRONG)
async def test_wrong_fields_are_marked_where_they_are(app: Service, db: Database, what: str) -> None:
    row = WRONG[what]
    world = await a_world(app)
    if "before" in row:
        await raw_sql(db).execute(row["before"])
    before = await state_of(db)
    bad: dict[str, str] = {name: value for name, value in row.items() if name not in _NOT_FIELDS}
    good = permission_matrix.form(what, world.places | {"who": 99})
    good |= {name: value.format(**world.places) for name, value in row.get("good", {}).items()}
    problems = []

    for names in [[name] for name in bad] + [[name for name in bad if name not in row.get("alone", ())]]:
        answer = await _send(app, world, what, good | {name: bad[name] for name in names})
        found = list(problems_of(answer, _ids(row, names, world), good.keys() - set(names), good))
        problems += [f"{', '.join(names)}: {problem}" for problem in found]

    assert problems == []
    assert await state_of(db) == before


async def _send(app: Service, world: World, what: str, fields: dict[str, str]) -> httpx2.Response:
    path = what.partition(" ")[2].format(**world.places)
    role = WRONG[what].get("as", "administrator")
    person = world.author if role == "author" else world.people[role]
    client = person.client if person else app.client()
    headers = BROWSER | ({} if person else {"Origin": app.urls[0]})
    if "file" in WRONG[what]:
        return await client.post(path, files={"file": ("", b"")}, data=fields, headers=headers)
    return await client.post(path, data=fields, headers=headers)


def _ids(row: Mapping[str, Any], names: Iterable[str], world: World) -> set[str]:
    ids = row.get("ids", {})
    return {str(ids.get(name, name)).format(**world.places) for name in (*names, *row.get("also", ()))}


def problems_of(
    answer: httpx2.Response, ids: set[str], kept: Iterable[str], good: Mapping[str, str]
) -> Iterator[str]:
    """Yield what is not as it should be on the page of a refused form: the fields with these ids are wrong."""
    if not 400 <= answer.status_code < 500:
        yield f"status {answer.status_code}"
    page = answer.text
    marked = set(re.findall(r'<p class="wrong" id="([^"]+)-wrong">', page))
    if marked != ids:
        yield f"marked are {sorted(marked)}, and not {sorted(ids)}"
    summary = page.partition('id="refused"')[2].partition("</div>")[0]
    if summary.partition(">")[0].split() != ['role="alert"', 'tabindex="-1"', "autofocus"]:
        yield "no summary takes the focus"
    for name in sorted(ids & marked):
        if f'<a href="#{name}">' not in summary:
            yield f"the summary has no link to {name}"
        tags = re.findall(rf'<[a-z0-9]+[^>]* id="{re.escape(name)}"[^>]*>', page)
        if len(tags) != 1:
            yield f"{len(tags)} elements have the id {name}"
        elif not re.search(
            rf'aria-invalid="true" aria-describedby="[^"]*\b{re.escape(name)}-wrong"', tags[0]
        ):
            yield f"{name} does not name its message"
    for name in kept:
        if name not in _SECRET | _BUTTONS and escape(good[name]) not in page:
            yield f"{name} is lost"

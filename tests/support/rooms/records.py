"""A room with everything in it, closed, and its record."""

from io import BytesIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import httpx2

from tests.support.rooms.live_room import Hall, Person

_CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


async def close(hall: Hall) -> None:
    answer = await hall.host.put(f"/rooms/{hall.room}/state", {"state": "closed"})
    assert answer.status_code == 200


async def report_of(hall: Hall, who: Person) -> dict[str, Any]:
    answer = await who.get(f"/rooms/{hall.room}/report")
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def everything(hall: Hall, who: Person) -> str:
    """All that somebody gets out of every form of the report, as one text."""
    texts = []
    for place in (f"/rooms/{hall.room}", f"/gatherings/{hall.gathering}"):
        for form in ("report", "report.json", "report.csv", "report.xlsx"):
            answer = await who.get(f"{place}/{form}")
            assert answer.status_code == 200, answer.text
            texts.append(
                " ".join(map(str, cells_of(answer))) if form.endswith("xlsx") else answer.content.decode()
            )
    return "\n".join(texts)


def cells_of(answer: httpx2.Response) -> list[str]:
    """Every text in a workbook, which must be a good one."""
    with ZipFile(BytesIO(answer.content)) as book:
        assert book.testzip() is None
        return [
            cell.text or ""
            for name in sorted(book.namelist())
            if name.startswith("xl/worksheets/sheet") or name == "xl/sharedStrings.xml"
            for cell in ElementTree.fromstring(book.read(name)).iter()
            if cell.tag in (f"{_CELL}t", f"{_CELL}v")
        ]


async def a_poll(hall: Hall, title: str, state: str, answers: int = 0, **facts: Any) -> dict[str, Any]:
    given = {"kind": "single", "title": title, "options": ["Yes", "=No"], "reveals": "live"} | facts
    made = await hall.host.post(f"/rooms/{hall.room}/polls", given)
    assert made.status_code == 201, made.text
    poll: dict[str, Any] = made.json()
    for step in {"draft": (), "open": ("open",), "closed": ("open", "closed")}[state]:
        if step == "closed":
            for _ in range(answers):
                member = await hall.member()
                assert (await member.put(f"/polls/{poll['id']}/ballot", {"answer": 1})).status_code == 200
        moved = await hall.host.put(f"/polls/{poll['id']}/state", {"state": step, "version": poll["version"]})
        assert moved.status_code == 200, moved.text
        poll = moved.json()
    return poll


async def a_notice(hall: Hall, who: Person, title: str) -> dict[str, Any]:
    columns = (await hall.host.get(f"/rooms/{hall.room}/columns")).json()["items"]
    if not columns:
        added = await hall.host.post(f"/rooms/{hall.room}/columns", {"title": "Offers"})
        assert added.status_code == 201, added.text
        columns = [added.json()]
    new = {"column": columns[0]["id"], "title": title, "body": "Two tonnes a week."}
    posted = await who.post(f"/rooms/{hall.room}/notices", new)
    assert posted.status_code == 201, posted.text
    notice: dict[str, Any] = posted.json()
    return notice

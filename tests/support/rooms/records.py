"""Builders for the record of a closed room, and functions that read the record."""

from io import BytesIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import httpx2

from tests.support.rooms.open_room import OpenRoom, Person

_CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


async def close(open_room: OpenRoom) -> None:
    answer = await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    assert answer.status_code == 200


async def report_of(open_room: OpenRoom, who: Person) -> dict[str, Any]:
    answer = await who.get(f"/rooms/{open_room.room}/report")
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


async def everything(open_room: OpenRoom, who: Person) -> str:
    """Return the record of the room and its gathering as one text, in all formats that the person can download."""
    texts = []
    for place in (f"/rooms/{open_room.room}", f"/gatherings/{open_room.gathering}"):
        for form in ("report", "report.json", "report.csv", "report.xlsx"):
            answer = await who.get(f"{place}/{form}")
            assert answer.status_code == 200, answer.text
            texts.append(
                " ".join(map(str, cells_of(answer))) if form.endswith("xlsx") else answer.content.decode()
            )
    return "\n".join(texts)


def cells_of(answer: httpx2.Response) -> list[str]:
    """Return every text in a workbook, after checking that the file is intact."""
    with ZipFile(BytesIO(answer.content)) as book:
        assert book.testzip() is None
        return [
            cell.text or ""
            for name in sorted(book.namelist())
            if name.startswith("xl/worksheets/sheet") or name == "xl/sharedStrings.xml"
            for cell in ElementTree.fromstring(book.read(name)).iter()
            if cell.tag in (f"{_CELL}t", f"{_CELL}v")
        ]


async def a_poll(
    open_room: OpenRoom, title: str, state: str, answers: int = 0, **facts: Any
) -> dict[str, Any]:
    given = {"kind": "single", "title": title, "options": ["Yes", "=No"], "reveals": "live"} | facts
    made = await open_room.host.post(f"/rooms/{open_room.room}/polls", given)
    assert made.status_code == 201, made.text
    poll: dict[str, Any] = made.json()
    for step in {"draft": (), "open": ("open",), "closed": ("open", "closed")}[state]:
        if step == "closed":
            for _ in range(answers):
                member = await open_room.member()
                assert (await member.put(f"/polls/{poll['id']}/ballot", {"answer": 1})).status_code == 200
        moved = await open_room.host.put(
            f"/polls/{poll['id']}/state", {"state": step, "version": poll["version"]}
        )
        assert moved.status_code == 200, moved.text
        poll = moved.json()
    return poll


async def a_notice(open_room: OpenRoom, who: Person, title: str) -> dict[str, Any]:
    columns = (await open_room.host.get(f"/rooms/{open_room.room}/columns")).json()["items"]
    if not columns:
        added = await open_room.host.post(f"/rooms/{open_room.room}/columns", {"title": "Offers"})
        assert added.status_code == 201, added.text
        columns = [added.json()]
    new = {"column": columns[0]["id"], "title": title, "body": "Two tonnes a week."}
    posted = await who.post(f"/rooms/{open_room.room}/notices", new)
    assert posted.status_code == 201, posted.text
    notice: dict[str, Any] = posted.json()
    return notice

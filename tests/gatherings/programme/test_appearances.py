"""The events of a member: as host or speaker, and only in sessions that the reader can see."""

from typing import Any

from tests.support.pages import open_page
from tests.support.people import Person, a_person
from tests.support.requests import GATHERING, GOOD
from tests.support.service import Service, raw_sql


async def seen_by(reader: Person, member: Person) -> list[tuple[int, bool, bool]]:
    items: list[dict[str, Any]] = (await reader.get(f"/members/{member.handle}/gatherings")).json()["items"]
    return [(one["gathering"]["id"], one["is_host"], one["is_speaker"]) for one in items]


async def test_hosts_and_speakers_have_appearances(app: Service) -> None:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    reader, amina = await a_person(app, "Reader"), await a_person(app, "Amina")
    talk, other = [
        (await root.post("/gatherings", GOOD["announce_gathering"])).json()["id"] for _ in range(2)
    ]
    assert await seen_by(reader, amina) == []
    room = (await root.post(f"/gatherings/{talk}/rooms", {"title": "Main"})).json()["id"]
    session = {
        "title": "Opening", "room": room, "speakers": [{"name": "Amina", "handle": amina.handle}],
        "starts_at": GATHERING["starts_at"], "ends_at": GATHERING["ends_at"],
    }  # fmt: skip
    planned = await root.post(f"/gatherings/{talk}/sessions", session)
    assert planned.status_code == 201, planned.text
    await raw_sql(app.db).execute(
        "INSERT INTO duties (member_id, duty, gathering_id, granted_at) VALUES ($1, 'host', $2, now())",
        amina.id,
        other,
    )
    assert sorted(await seen_by(reader, amina)) == [(talk, False, True), (other, True, False)]
    page = await open_page(reader, f"/m/{amina.handle}?show=events")
    assert f'href="/g/{talk}"' in page and "Speaker" in page and "Host" in page
    # A session in a room that only invited members can see is none for others.
    await raw_sql(app.db).execute("UPDATE topics SET readers = 'listed' WHERE gathering_id = $1", talk)
    assert await seen_by(reader, amina) == [(other, True, False)]
    assert len(await seen_by(root, amina)) == 2
    await raw_sql(app.db).execute("UPDATE gatherings SET state = 'cancelled'")
    assert await seen_by(root, amina) == []

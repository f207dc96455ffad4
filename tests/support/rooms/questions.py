"""Functions that change questions and the settings of their room."""

from typing import Any

from tests.support.rooms.open_room import OpenRoom, Person
from tests.support.service import raw_sql


async def moved(open_room: OpenRoom, question: dict[str, Any], state: str, **more: object) -> dict[str, Any]:
    answer = await open_room.change_state(open_room.host, question, state, **more)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def shown(who: Person, question: dict[str, Any]) -> dict[str, Any]:
    return dict((await who.get(f"/questions/{question['id']}")).json())


async def premoderate(open_room: OpenRoom, on: bool) -> None:
    await raw_sql(open_room.db).execute(
        "UPDATE rooms SET is_premoderated = $2 WHERE id = $1", open_room.room, on
    )


async def set_room_columns(open_room: OpenRoom, rule: str) -> None:
    await raw_sql(open_room.db).execute(f"UPDATE rooms SET {rule} WHERE id = $1", open_room.room)


async def change_room(open_room: OpenRoom, **change: Any) -> None:
    modules = change.pop("modules", None)
    wanted = {"rules": change} | ({"modules": modules} if modules else {})
    changed = await open_room.host.patch(f"/rooms/{open_room.room}", wanted)
    assert changed.status_code == 200, changed.text

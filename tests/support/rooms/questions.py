"""Questions of a room on their way: transitions, settings of the room, and what listeners are shown."""

from typing import Any

from tests.support.rooms.live_room import Hall, Person
from tests.support.service import plain


async def moved(hall: Hall, question: dict[str, Any], state: str, **more: object) -> dict[str, Any]:
    answer = await hall.settle(hall.host, question, state, **more)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def shown(who: Person, question: dict[str, Any]) -> dict[str, Any]:
    return dict((await who.get(f"/questions/{question['id']}")).json())


async def premoderate(hall: Hall, on: bool) -> None:
    await plain(hall.db).execute("UPDATE rooms SET is_premoderated = $2 WHERE id = $1", hall.room, on)


async def set_room_columns(hall: Hall, rule: str) -> None:
    await plain(hall.db).execute(f"UPDATE rooms SET {rule} WHERE id = $1", hall.room)


async def change_room(hall: Hall, **change: Any) -> None:
    modules = change.pop("modules", None)
    wanted = {"rules": change} | ({"modules": modules} if modules else {})
    changed = await hall.host.patch(f"/rooms/{hall.room}", wanted)
    assert changed.status_code == 200, changed.text

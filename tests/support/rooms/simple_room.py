"""A room of a gathering, made with the requests that every test of requests uses."""

from tests.support.people import Person
from tests.support.requests import GOOD


async def a_room(admin: Person) -> int:
    """Announce a gathering with an open room and return the room's id."""
    gathering = (await admin.post("/gatherings", GOOD["announce_gathering"])).json()["id"]
    given = {"title": "Main room", "modules": ["questions", "board", "polls"]}
    room: int = (await admin.post(f"/gatherings/{gathering}/rooms", given)).json()["id"]
    await admin.put(f"/rooms/{room}/state", {"state": "open"})
    return room

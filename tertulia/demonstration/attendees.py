"""The attendees of the live room: they are there all the time, and ask, vote and post notices while somebody watches.

Each of them signs in and does what people do in a browser: a socket that is in the room, and requests to the API.
"""

import asyncio
import json
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import cycle
from typing import Any

import httpx2
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from core import clock
from core.errors import Refusal
from core.ids import MemberId
from members.accounts.sessions import start_session
from members.profiles.duties import find_member
from members.tokens import new_secret
from tertulia.context import AppContext
from tertulia.demonstration.story import LiveHour, read_story
from tertulia.http.look_around import LOOK_AROUND

log = structlog.get_logger()

# Beside the host; visitors sign in as those of LOOK_AROUND, who are not among them.
ATTENDEES = 17
# Seconds between two deeds while somebody watches, and between two looks whether somebody does.
PAUSES = (1.5, 5.0)
LOOK_EVERY = 2.0
# Questions that wait for an answer: below the first number somebody asks, above the second the host answers.
FEW, MANY = 5, 9
# What somebody does who neither asks nor posts, with how often.
DEEDS = (("vote", 8), ("ask", 3), ("react", 3), ("answer", 2), ("poll", 2), ("notice", 1))
REACTIONS = ("applause", "heart", "laugh")
# Who looks around may be an administrator, and can rename the event or suspend an attendee: then something is not found.
_ERRORS = (OSError, httpx2.HTTPError, WebSocketException, RuntimeError, LookupError, Refusal)
COME_BACK_AFTER = 5.0


async def attend(context: AppContext) -> None:
    """Attend the live room until cancelled; what goes wrong is tried again."""
    told = read_story().events.live
    others = {told.host, *(handle for handle, _ in LOOK_AROUND.people)}
    people = [person.handle for person in read_story().people if person.handle not in others][:ATTENDEES]
    while True:
        try:
            tokens = await _sign_in(context, {told.host, *people})
            async with httpx2.AsyncClient(base_url=f"{context.settings.url}/api/v1") as client:
                await _Attendees(client, told, tokens).stay(context.settings.url)
        except _ERRORS as error:
            log.warning("the attendees of the demonstration come back later", error=repr(error))
            await asyncio.sleep(COME_BACK_AFTER)


async def _sign_in(context: AppContext, handles: set[str]) -> dict[str, str]:
    tokens = {}
    async with context.db.begin() as tx:
        for handle in sorted(handles):
            member = MemberId(await find_member(tx, handle))
            tokens[handle] = await start_session(tx, member, new_secret(), "Demonstration") or ""
    return tokens


class _Attendees:
    def __init__(self, client: httpx2.AsyncClient, told: LiveHour, tokens: dict[str, str]) -> None:
        self.client = client
        self.told = told
        self.tokens = tokens
        self.questions = cycle(told.questions)
        self.notices = iter(told.notices)
        self.room: dict[str, Any] = {}

    async def stay(self, url: str) -> None:
        """Go into the room, and take part whenever more people are there than we are."""
        await self._open_room()
        async with AsyncExitStack() as sockets:
            for token in self.tokens.values():
                await sockets.enter_async_context(_in_room(url, token, self.room["id"]))
            # Who comes first does not find an empty room.
            for _ in range(FEW - len(await self._waiting())):
                await self._ask(random.choice(self._guests), [])
            while True:
                room = await self._send(self.told.host, "GET", f"/rooms/{self.room['id']}")
                if room.get("here", 0) > len(self.tokens):
                    await self._take_part()
                    await asyncio.sleep(random.uniform(*PAUSES))
                else:
                    await asyncio.sleep(LOOK_EVERY)

    async def _open_room(self) -> None:
        """Find the room, let its event take place now, and open it."""
        events = (await self._send(self.told.host, "GET", "/gatherings"))["items"]
        event = next(one for one in events if one["title"] == self.told.title)
        now = clock.now()
        times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=12)).isoformat()}
        await self._send(self.told.host, "PATCH", f"/gatherings/{event['id']}", times, event["version"])
        rooms = (await self._send(self.told.host, "GET", f"/gatherings/{event['id']}"))["rooms"]
        self.room = rooms[0]
        if self.room["state"] != "open":
            await self._send(self.told.host, "PUT", f"/rooms/{self.room['id']}/state", {"state": "open"})

    async def _take_part(self) -> None:
        """Let one attendee do one thing."""
        waiting = await self._waiting()
        deed = random.choices([name for name, _ in DEEDS], [often for _, often in DEEDS])[0]
        if len(waiting) < FEW:
            deed = "ask"
        elif len(waiting) > MANY:
            deed = "answer"
        await getattr(self, f"_{deed}")(random.choice(self._guests), waiting)

    @property
    def _guests(self) -> Sequence[str]:
        return [handle for handle in self.tokens if handle != self.told.host]

    async def _waiting(self) -> list[dict[str, Any]]:
        listed = await self._send(self.told.host, "GET", f"/rooms/{self.room['id']}/questions")
        return [one for one in listed["items"] if one["state"] in ("live", "shortlisted", "on_stage")]

    async def _vote(self, _: str, waiting: list[dict[str, Any]]) -> None:
        """Let some attendees vote for one question."""
        # The first ones get most votes, as in any hall.
        liked = waiting[min(int(random.expovariate(0.5)), len(waiting) - 1)]
        if liked["state"] != "on_stage":
            for who in random.sample(self._guests, random.randint(1, 4)):
                await self._send(who, "PUT", f"/questions/{liked['id']}/vote", {"value": 1})

    async def _ask(self, who: str, _: list[dict[str, Any]]) -> None:
        given = {"body": next(self.questions), "anonymous": random.random() < 0.2}
        await self._send(who, "POST", f"/rooms/{self.room['id']}/questions", given)

    async def _answer(self, _: str, waiting: list[dict[str, Any]]) -> None:
        """Let the host put the first question on stage, or finish the one that is there."""
        on_stage = [one for one in waiting if one["state"] == "on_stage"]
        question = (on_stage or waiting)[0]
        state = "answered" if on_stage else "on_stage"
        move = {"state": state, "version": question["version"]}
        await self._send(self.told.host, "PUT", f"/questions/{question['id']}/state", move)

    async def _react(self, who: str, _: list[dict[str, Any]]) -> None:
        await self._send(
            who, "POST", f"/rooms/{self.room['id']}/reactions", {"kind": random.choice(REACTIONS)}
        )

    async def _poll(self, who: str, _: list[dict[str, Any]]) -> None:
        polls = (await self._send(who, "GET", f"/rooms/{self.room['id']}/polls"))["items"]
        for poll in polls:
            if poll["state"] == "open":
                answer = {"answer": random.randrange(len(poll["options"]))}
                await self._send(who, "PUT", f"/polls/{poll['id']}/ballot", answer)

    async def _notice(self, who: str, _: list[dict[str, Any]]) -> None:
        notice = next(self.notices, None)
        if notice is None:
            return
        columns = (await self._send(who, "GET", f"/rooms/{self.room['id']}/columns"))["items"]
        until = (clock.now() + timedelta(days=1)).isoformat()
        given = {
            "title": notice.title,
            "body": notice.body,
            "column": random.choice(columns)["id"],
            "expires_at": until,
        }
        await self._send(who, "POST", f"/rooms/{self.room['id']}/notices", given)

    async def _send(
        self, handle: str, method: str, path: str, body: object = None, if_match: int | None = None
    ) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[handle]}"}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        answer = await self.client.request(method, path, json=body, headers=headers)
        # Too fast, or too late because a visitor was faster: that happens to people, too.
        if answer.status_code in (403, 404, 409, 412, 422, 429, 503):
            log.info(
                "an attendee was refused", path=path, status=answer.status_code, answer=answer.text[:200]
            )
            return {"items": []}
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code}")
        return answer.json() if answer.content else None


def _in_room(url: str, token: str, room: int) -> Any:
    return _Socket(url.replace("http", "ws", 1) + "/live", token, f"room:{room}")


class _Socket:
    """A socket that is in a room, and reads what it is sent."""

    def __init__(self, address: str, token: str, channel: str) -> None:
        self.connecting = connect(address, additional_headers={"Authorization": f"Bearer {token}"})
        self.channel = channel

    async def __aenter__(self) -> ClientConnection:
        socket = await self.connecting
        await socket.send(json.dumps({"type": "join", "channel": self.channel}))
        self.reading = asyncio.create_task(self._read(socket), name="an attendee listens")
        self.socket = socket
        return socket

    async def __aexit__(self, *_: object) -> None:
        self.reading.cancel()
        await self.socket.close()

    @staticmethod
    async def _read(socket: ClientConnection) -> None:
        async for _ in socket:
            pass

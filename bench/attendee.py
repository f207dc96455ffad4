"""An attendee: reads the room, listens, asks and votes; comes back by itself after whatever happens to the connection."""

import asyncio
import json
import random
import uuid
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import httpx2
import websockets
from msgspec import Struct

from bench.service import API, Person

LONGEST_WAIT = 2.0


class Tally(Struct):
    """What all attendees have seen together."""

    sent_at: dict[str, float] = {}
    heard_after: list[float] = []
    asked: dict[int, str] = {}
    votes: dict[tuple[int, str], int] = {}
    refused: list[str] = []
    retried: int = 0
    reconnected: int = 0
    resumed: int = 0
    reset: int = 0
    doubled: int = 0
    gaps: int = 0


class Attendee:
    """One client of the room with a view of its own, kept up to date by what the socket says and by nothing else."""

    def __init__(
        self, person: Person, room: int, bases: Sequence[str], http: httpx2.AsyncClient, tally: Tally
    ) -> None:
        self.person = person
        self.room = room
        self.bases = list(bases)
        self.http = http
        self.tally = tally
        self.epoch = ""
        self.seq = 0
        self.questions: dict[int, dict[str, Any]] = {}
        self.is_listening = asyncio.Event()
        self.is_leaving = False

    async def listen(self) -> None:
        """Follow the room until told to leave: after a loss wait a random moment, go elsewhere, resume."""
        channel = f"room:{self.room}"
        while not self.is_leaving:
            try:
                if not self.epoch:
                    await self._read_snapshot()
                headers = {"Authorization": f"Bearer {self.person.token}"}
                address = self.bases[0].replace("http", "ws", 1) + "/live"
                async with websockets.connect(
                    address, additional_headers=headers, compression=None, proxy=None
                ) as socket:
                    join = {"type": "join", "channel": channel, "epoch": self.epoch, "after": self.seq}
                    await socket.send(json.dumps(join))
                    async for frame in socket:
                        await self._hear(json.loads(frame))
            except (OSError, TimeoutError, websockets.WebSocketException, httpx2.HTTPError):
                pass
            self.is_listening.clear()
            if not self.is_leaving:
                self.tally.reconnected += 1
                self._go_elsewhere()
                await asyncio.sleep(random.random() * LONGEST_WAIT)

    async def ask(self, number: int) -> None:
        """Ask a question; it is asked once, however often it has to be sent."""
        mark = f"mark{number:06d}."
        self.tally.sent_at[mark] = perf_counter()
        body = f"{mark} Who checks what the refinery says about the origin of a lot?"
        made = await self._write("POST", f"/rooms/{self.room}/questions", {"body": body})
        if made:
            self.tally.asked[made["id"]] = body

    async def vote(self) -> None:
        """Vote for a question that this attendee sees, or take the vote back."""
        others = [
            known for known in self.questions.values() if not self._is_own(known) and known["state"] == "live"
        ]
        if not others:
            return
        question = random.choice(others[-30:])["id"]
        key = (question, self.person.handle)
        value = 1 - self.tally.votes.get(key, 0)
        if await self._write("PUT", f"/questions/{question}/vote", {"value": value}):
            self.tally.votes[key] = value

    def _is_own(self, question: dict[str, Any]) -> bool:
        return bool(question.get("author") and question["author"]["handle"] == self.person.handle)

    async def _write(self, method: str, path: str, body: object) -> Any:
        headers = {"Authorization": f"Bearer {self.person.token}", "Idempotency-Key": uuid.uuid4().hex}
        while True:
            try:
                answer = await self.http.request(
                    method, self.bases[0] + API + path, json=body, headers=headers
                )
            except httpx2.TransportError:
                answer = None
            if answer is not None and answer.status_code < 300:
                return answer.json()
            if answer is not None and answer.status_code not in (429, 502, 503):
                self.tally.refused.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
                return None
            self.tally.retried += 1
            self._go_elsewhere()
            await asyncio.sleep(0.2 + random.random() * LONGEST_WAIT)

    def _go_elsewhere(self) -> None:
        self.bases.append(self.bases.pop(0))

    async def _read_snapshot(self) -> None:
        self.questions, stream = await read_all(self.http, self.bases[0], self.room, self.person.token)
        self.epoch, self.seq = stream["epoch"], stream["seq"]

    async def _hear(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "joined":
                for missed in frame["missed"]:
                    self._apply(missed)
                self.tally.resumed += bool(frame["missed"])
                self.is_listening.set()
            case "reset":
                self.tally.reset += 1
                await self._read_snapshot()
                self.seq = frame["seq"]
                self.is_listening.set()
            case "event":
                self._apply(frame)
            case "signal" if frame["signal"]["type"] == "votes":
                for question, votes in frame["signal"]["votes"].items():
                    if int(question) in self.questions:
                        self.questions[int(question)]["votes"] = votes

    def _apply(self, frame: dict[str, Any]) -> None:
        self.tally.doubled += frame["seq"] <= self.seq
        self.tally.gaps += frame["seq"] > self.seq + 1
        self.seq = frame["seq"]
        question = frame["event"].get("question")
        if question is None:
            return
        self.questions.setdefault(question["id"], {}).update(question)
        sent = self.tally.sent_at.get(question.get("body", "")[:11])
        if frame["event"]["type"] == "question_asked" and sent is not None:
            self.tally.heard_after.append(perf_counter() - sent)


async def read_all(
    http: httpx2.AsyncClient, base: str, room: int, token: str
) -> tuple[dict[int, dict[str, Any]], dict[str, Any]]:
    """All questions of a room as it stands, and the position of the first page."""
    found: dict[int, dict[str, Any]] = {}
    stream: dict[str, Any] = {}
    after = ""
    while True:
        path = f"{base}{API}/rooms/{room}/questions?order=newest" + (f"&after={after}" if after else "")
        answer = await http.get(path, headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        page = answer.json()
        stream = stream or page["stream"]
        found |= {question["id"]: question for question in page["items"]}
        after = page["next"]
        if after is None:
            return found, stream

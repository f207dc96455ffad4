"""Members who write whatever breaks, and listeners who come back by themselves; both only record what happens to them."""

import asyncio
import random
import uuid
from collections.abc import Sequence
from contextlib import suppress
from time import perf_counter
from typing import Any

import msgspec

from bench.faults.history import Attempt, Frame, History, Listener, Operation
from bench.harness.service import API, Person
from bench.people.wire import Http, Socket, open_socket

# An operation is tried for so long; after it nobody knows whether it happened. In seconds.
GIVEN_UP_AFTER = 60.0
SHARES = {"reply": 55, "edit": 15, "draft": 10, "vote": 15, "question": 5}


class Writer:
    """A member who does one thing after the other, each until it is answered."""

    def __init__(
        self,
        person: Person,
        ports: Sequence[int],
        http: Http,
        history: History,
        topics: Sequence[int],
        room: int,
    ) -> None:
        self.person = person
        self.ports = ports
        self.http = http
        self.history = history
        self.topics = topics
        self.room = room
        self.count = 0
        self.sequences: dict[str, int] = {}
        self.replies: list[int] = []
        self.own: set[int] = set()

    async def write_until(self, end: asyncio.Event, questions: list[int], pause: float) -> None:
        """Write until the end; `questions` are those that anybody has asked, to be voted for."""
        while not end.is_set():
            kind = random.choices(list(SHARES), list(SHARES.values()))[0]
            await getattr(self, f"_{kind}")(questions)
            await asyncio.sleep(pause * 2 * random.random())

    async def _reply(self, _: list[int]) -> None:
        topic = random.choice(self.topics)
        one = await self._do("reply", f"topic {topic}", "POST", f"/topics/{topic}/posts", {}, is_keyed=True)
        if one.outcome == "done":
            self.replies.append(one.made["id"])

    async def _edit(self, _: list[int]) -> None:
        if self.replies:
            post = random.choice(self.replies[-20:])
            await self._do("edit", f"post {post}", "PATCH", f"/posts/{post}", {})

    async def _draft(self, _: list[int]) -> None:
        key = f"topic:{random.choice(self.topics)}"
        facts = {"sequence": self.sequences.get(key, 0), "owner": self.person.handle}
        one = await self._do("draft", f"{self.person.handle} {key}", "PUT", f"/drafts/{key}", facts)
        if one.outcome == "done":
            self.sequences[key] = one.made["sequence"]
            if one.made["key"] != key:
                self.history.notes.append(
                    f"{self.person.handle} wrote alone, yet a draft was forked: {one.made}"
                )

    async def _question(self, questions: list[int]) -> None:
        one = await self._do(
            "question", f"room {self.room}", "POST", f"/rooms/{self.room}/questions", {}, is_keyed=True
        )
        if one.outcome == "done":
            self.own.add(one.made["id"])
            questions.append(one.made["id"])

    async def _vote(self, questions: list[int]) -> None:
        if others := [one for one in questions[-50:] if one not in self.own]:
            question, value = random.choice(others), random.choice((0, 1))
            path = f"/questions/{question}/vote"
            await self._do("vote", f"question {question}", "PUT", path, {"value": value}, body=str(value))

    async def _do(
        self,
        kind: str,
        target: str,
        method: str,
        path: str,
        facts: dict[str, Any],
        *,
        body: str = "",
        is_keyed: bool = False,
    ) -> Operation:
        """Send one operation until it is answered for good, to any process, and record every attempt."""
        self.count += 1
        one = Operation(
            kind, self.person.handle, target, body or f"{self.person.handle} writes no. {self.count}"
        )
        self.history.operations.append(one)
        facts = facts if body else {"body": one.body} | facts
        key = uuid.uuid4().hex if is_keyed else ""
        until = perf_counter() + GIVEN_UP_AFTER
        while perf_counter() < until:
            status, content = await self._attempt(one, method, path, facts, key)
            if 200 <= status < 300:
                one.outcome, one.made = "done", msgspec.json.decode(content)
                return one
            if 400 <= status < 500 and status != 429:
                one.outcome = "refused"
                return one
            await asyncio.sleep(0.1 + 0.4 * random.random())
        return one

    async def _attempt(
        self, one: Operation, method: str, path: str, facts: dict[str, Any], key: str
    ) -> tuple[int, bytes]:
        port, sent = random.choice(self.ports), perf_counter()
        try:
            status, content = await self.http.call(port, method, API + path, self.person.token, facts, key)
        except (OSError, TimeoutError):
            status, content = 0, b""
        text = "" if status < 300 else content[:300].decode(errors="replace")
        one.attempts.append(Attempt(port, sent, perf_counter(), status, text))
        return status, content


class Follower:
    """A listener of one channel, who joins again after every loss with the last number it heard."""

    def __init__(self, person: Person, ports: Sequence[int], channel: str, history: History) -> None:
        self.person = person
        self.ports = ports
        self.heard = Listener(channel)
        self.epoch = ""
        self.seq = 0
        history.listeners.append(self.heard)

    async def follow(self, end: asyncio.Event) -> None:
        """Listen until the end."""
        while not end.is_set():
            with suppress(OSError, TimeoutError):
                socket = await open_socket(random.choice(self.ports), self.person.token, self._hear)
                place = {"epoch": self.epoch, "after": self.seq} if self.epoch else {}
                socket.send({"type": "join", "channel": self.heard.channel, **place})
                await self._wait(socket, end)
            await asyncio.sleep(0.1 + random.random() * 0.5)

    async def _wait(self, socket: Socket, end: asyncio.Event) -> None:
        waiting = {asyncio.create_task(one.wait()) for one in (socket.is_over, end)}
        # A process that is frozen says nothing: its listener leaves after a while, as a browser does without a pong.
        while not end.is_set() and not socket.is_over.is_set():
            before = self.seq
            await asyncio.wait(waiting, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            if before == self.seq:
                break
        for task in waiting:
            task.cancel()
        socket.drop()

    def _hear(self, content: bytes, now: float) -> None:
        facts = msgspec.json.decode(content)
        match facts["type"]:
            case "event":
                self._take(facts, now)
            case "joined":
                for missed in facts["missed"]:
                    self._take(missed, now)
                if not self.epoch:
                    self._note("joined", facts["seq"], now)
                self.epoch = facts["epoch"]
            case "reset":
                self.epoch = facts["epoch"]
                self._note("reset", facts["seq"], now)

    def _take(self, facts: dict[str, Any], now: float) -> None:
        event = facts["event"]
        post = event.get("post", {}).get("id", "") if isinstance(event.get("post"), dict) else ""
        self._note("event", facts["seq"], now, f"{event['type']} {post}")

    def _note(self, kind: str, seq: int, now: float, about: str = "") -> None:
        self.heard.frames.append(Frame(now, kind, seq, about))
        self.seq = seq

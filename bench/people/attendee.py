"""An attendee: reads the room, listens, and comes back by itself after whatever happens to the connection."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Sequence
from time import perf_counter
from typing import Any

import msgspec
from msgspec import Struct, field

from bench.harness.service import API, Person
from bench.people.checker import Fresh, History, Ledger
from bench.people.views import THINGS, Facts, Shared, View, named
from bench.people.wire import Http, Socket, open_socket

LONGEST_PAUSE = 2.0
RETRIED = (429, 500, 502, 503)


class Tally(Struct):
    """What all attendees have seen together."""

    deliveries: int = 0
    signals: Counter[str] = field(default_factory=Counter)
    reconnected: int = 0
    resumed: int = 0
    reset: int = 0
    retried: int = 0
    conflicts: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    answered_in: dict[str, list[float]] = field(default_factory=dict)


class Place(Struct):
    """A room under test, and what was heard and acknowledged in it."""

    id: int
    hosts: list["Attendee"] = field(default_factory=list)
    attendees: list["Attendee"] = field(default_factory=list)
    # Second sockets of some of these people, as of a telephone beside a notebook; they only listen.
    devices: list["Attendee"] = field(default_factory=list)
    history: History = field(default_factory=History)
    ledger: Ledger = field(default_factory=Ledger)
    # When the last of those who listened had read the frame of a number.
    receipts: dict[int, float] = field(default_factory=dict)
    most_here: int = 0

    @property
    def clients(self) -> list["Attendee"]:
        """Everybody with a socket here; a person may have two."""
        return [*self.hosts, *self.attendees, *self.devices]

    @property
    def people(self) -> int:
        """How many distinct people that is."""
        return len({client.person.handle for client in self.clients})


class AppContext(Struct):
    """The processes of the service, and what all clients of this process share."""

    ports: Sequence[int]
    http: Http = field(default_factory=Http)
    shared: Shared = field(default_factory=Shared)
    tally: Tally = field(default_factory=Tally)


class Answer(Struct, frozen=True):
    """How a write was answered at last; `facts` is None if it was refused."""

    facts: Any
    code: str
    sent: float
    acked: float
    tries: int


class Attendee:
    """One client of one room with a view of its own, kept up to date by what the socket says and by nothing else."""

    def __init__(self, person: Person, place: Place, house: AppContext) -> None:
        self.person = person
        self.place = place
        self.house = house
        self.view = View(place.id)
        self.is_listening = asyncio.Event()
        self.is_leaving = False
        self.is_busy = False
        self.ballot_turn = asyncio.Lock()
        self.own: set[int] = set()
        self.away = 0.0
        self._port = random.choice(house.ports)
        self._socket: Socket | None = None

    async def follow(self) -> None:
        """Follow the room until told to leave: after a loss wait a moment, go to any process, resume."""
        while not self.is_leaving:
            try:
                if not self.view.epoch:
                    await self._read_snapshot()
                self._socket = await open_socket(self._port, self.person.token, self._hear)
                place = {"epoch": self.view.epoch, "after": self.view.seq}
                self._socket.send({"type": "join", "channel": f"room:{self.place.id}", **place})
                await self._socket.is_over.wait()
            except (OSError, TimeoutError):
                pass
            self.is_listening.clear()
            self.house.tally.reconnected += 1
            self._go_elsewhere()
            pause, self.away = self.away or random.random() * LONGEST_PAUSE, 0.0
            await asyncio.sleep(pause)

    async def enter(self) -> None:
        """Open the page of the room: its snapshot, over a connection that is kept."""
        await self._read(f"/rooms/{self.place.id}")

    def drop(self, seconds: float) -> None:
        """Lose the connection and stay away for a while."""
        self.away = seconds
        if self._socket is not None:
            self._socket.drop()

    def leave(self) -> None:
        """Go home."""
        self.is_leaving = True
        self.drop(0)

    async def write(self, what: str, method: str, path: str, body: object, keyed: bool = False) -> Answer:
        """Send it until it is answered, to any process that answers; with a key it happens once all the same."""
        key, started, tries = uuid.uuid4().hex if keyed else "", perf_counter(), 0
        while True:
            tries += 1
            try:
                status, content = await self.house.http.call(
                    self._port, method, API + path, self.person.token, body, key
                )
            except (OSError, TimeoutError):
                status, content = 503, b""
            if status not in RETRIED:
                break
            if status == 500:
                self._note_refusal(f"{method} {path}: {content[:200]!r}")
            self.house.tally.retried += 1
            self._go_elsewhere()
            await asyncio.sleep(0.2 + random.random() * LONGEST_PAUSE)
        acked = perf_counter()
        if tries == 1:
            self.house.tally.answered_in.setdefault(what, []).append(acked - started)
        facts = msgspec.json.decode(content) if content else {}
        if status < 300:
            return Answer(facts, "", started, acked, tries)
        return Answer(None, f"{status} {facts.get('code')} {facts.get('detail', '')}", started, acked, tries)

    def refuse(self, what: str, answer: Answer, expected: Sequence[str]) -> None:
        """Note a refusal: one that belongs to such a room, or one that should not have come."""
        if any(f" {code} " in f"{answer.code} " for code in expected):
            self.house.tally.conflicts[answer.code.split()[1]] += 1
        else:
            self._note_refusal(f"{what}: {answer.code}")

    def _note_refusal(self, text: str) -> None:
        self.house.tally.refused.append(text)

    def _go_elsewhere(self) -> None:
        self._port = random.choice(self.house.ports)

    async def _read_snapshot(self) -> None:
        room = await self._read(f"/rooms/{self.place.id}")
        has_board = "board" in room["modules"]
        notices = await self._read(f"/rooms/{self.place.id}/notices") if has_board else None
        self.view.begin(room, notices)

    async def _read(self, path: str) -> Any:
        status, content = await self.house.http.call(self._port, "GET", API + path, self.person.token)
        if status != 200:
            self._note_refusal(f"GET {path}: {status} {content[:200]!r}")
            raise ConnectionRefusedError(f"{path}: {status}")
        return msgspec.json.decode(content)

    def _hear(self, frame: bytes, now: float) -> None:
        facts = self.house.shared.decode(frame)
        match facts["type"]:
            case "event":
                self.house.tally.deliveries += 1
                if self._take(facts, facts["about"]):
                    self.place.receipts[facts["seq"]] = now
            case "signal":
                self.house.tally.signals[facts["signal"]["type"]] += 1
                self.view.signal(facts["signal"], self.house.shared)
                self.place.most_here = max(self.place.most_here, self.view.here)
            case "joined":
                for missed in facts["missed"]:
                    self._take(missed, named(missed["event"]))
                self.house.tally.resumed += bool(facts["missed"])
                self.is_listening.set()
            case "reset":
                self.house.tally.reset += 1
                self._start_over()
            case "refused" | "left":
                self._note_refusal(f"listening: {facts}")
                self._start_over()

    def _take(self, facts: Facts, about: str) -> bool:
        self.place.history.hear(facts["seq"], about)
        return self.view.take(facts["seq"], facts["event"], self.house.shared)

    def _start_over(self) -> None:
        self.view.epoch = ""
        if self._socket is not None:
            self._socket.drop()


async def read_fresh(house: AppContext, port: int, room: int, person: Person) -> Fresh:
    """All that a room holds, read page by page as it is now."""

    async def read(path: str) -> Any:
        status, content = await house.http.call(port, "GET", f"{API}/rooms/{room}{path}", person.token)
        if status != 200:
            raise RuntimeError(f"room {room}{path}: {status} {content[:300]!r}")
        return msgspec.json.decode(content)

    async def read_all(path: str) -> dict[int, Facts]:
        found: dict[int, Facts] = {}
        after: str | None = ""
        while after is not None:
            page = await read(path + (f"&after={after}" if after else ""))
            found |= {thing["id"]: thing for thing in page["items"]}
            after = page["next"]
        return found

    head = await read("")
    things = {kind: await read_all(f"/{kind}s?order=newest") for kind in THINGS if _has(head, kind)}
    seq = head["stream"]["seq"]
    return Fresh(seq=seq, things=things, counts=head.get("counts"), columns=head.get("columns"))


def _has(room: Facts, kind: str) -> bool:
    return {"question": "questions", "notice": "board", "poll": "polls"}[kind] in room["modules"]

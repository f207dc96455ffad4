"""Views: what a client knows of a room, from its snapshot and from what came after, laid as docs/protocol.md says.

All clients of a room hear the same bytes. So a frame is decoded once for all of them, and what is laid over what is
remembered; each client still has its own view, made of these shared parts, and its own place in the stream.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

Facts = dict[str, Any]

THINGS = ("question", "notice", "poll")
REMEMBERED = 20_000


class Shared:
    """What all clients hear alike: frames decoded once, and things laid over things once."""

    def __init__(self) -> None:
        self.frames: dict[bytes, Facts] = {}
        self.laid: dict[tuple[int, int], tuple[Facts, Facts, Facts]] = {}

    def decode(self, frame: bytes) -> Facts:
        """The frame as facts that nobody changes."""
        known = self.frames.get(frame)
        if known is None:
            if len(self.frames) >= REMEMBERED:
                self.frames.clear()
            known = self.frames[frame] = msgspec.json.decode(frame)
            if known["type"] == "event":
                known["about"] = named(known["event"])
        return known

    def lay(self, old: Facts, new: Facts) -> Facts:
        """The new facts over the old ones; what the new ones leave out stays."""
        # Both are kept with the outcome, so that no other facts get their ids meanwhile.
        known = self.laid.get((id(old), id(new)))
        if known is None:
            if len(self.laid) >= REMEMBERED:
                self.laid.clear()
            known = self.laid[id(old), id(new)] = (old, new, old | new)
        return known[2]


class View(Struct):
    """One client's view of one room, and what was wrong with the numbers it heard."""

    room: int
    epoch: str = ""
    seq: int = 0
    # Where the snapshot stood, and which kinds of things it held completely.
    base: int = 0
    whole: frozenset[str] = frozenset()
    things: dict[str, dict[int, Facts]] = field(default_factory=lambda: {kind: {} for kind in THINGS})
    votes: dict[str, int] = field(default_factory=dict)
    counts: Facts | None = None
    columns: Any = None
    here: int = 0
    doubled: int = 0
    gaps: int = 0

    def begin(self, room: Facts, notices: Facts | None) -> None:
        """Start from a snapshot: the room with its first page of questions, and the first page of its board."""
        stream = room["stream"]
        self.epoch, self.seq, self.base = stream["epoch"], stream["seq"], stream["seq"]
        pages = {"question": room["questions"], "poll": {"items": room.get("polls") or [], "next": None}}
        if notices is not None:
            pages["notice"] = notices
        self.things = {kind: {} for kind in THINGS}
        for kind, page in pages.items():
            self.things[kind] = {thing["id"]: thing for thing in page["items"]}
        self.whole = frozenset(kind for kind, page in pages.items() if page["next"] is None)
        self.votes = {str(thing["id"]): thing["votes"] for thing in self.things["question"].values()}
        self.counts, self.columns = room.get("counts"), room.get("columns")

    def take(self, seq: int, event: Facts, shared: Shared) -> bool:
        """Lay an event over the view, if it is the next one; whether it was."""
        if seq <= self.seq:
            self.doubled += 1
            return False
        self.gaps += seq > self.seq + 1
        self.seq = seq
        for name, said in event.items():
            if name == "counts":
                self.counts = said
            elif name == "columns":
                self.columns = said
            elif name in THINGS:
                mine, number = self.things[name], said["id"]
                old = mine.get(number)
                mine[number] = said if old is None else shared.lay(old, said)
                if name == "question":
                    self.votes[str(number)] = said["votes"]
        return True

    def signal(self, payload: Facts, shared: Shared) -> None:
        """Take in what holds now."""
        match payload["type"]:
            case "votes":
                self.votes.update(payload["votes"])
            case "presence":
                self.here = payload["here"]
            case "poll_results":
                polls = self.things["poll"]
                for number, told in payload["polls"].items():
                    # What was revealed at the end is not covered by a signal that set out before it.
                    if polls.get(int(number), {}).get("state") == "open":
                        polls[int(number)] = shared.lay(polls[int(number)], told)


def named(event: Mapping[str, Any]) -> str:
    """What an event is about, without how it looks: equal for all who hear it, except where it is withheld."""
    about = (f"{kind}:{event[kind]['id']}" for kind in THINGS if event.get(kind) is not None)
    return " ".join([str(event["type"]), *about])

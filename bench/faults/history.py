"""The history of a run: every operation that was tried, and every frame that was heard. The checks read nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

# Done: it was acknowledged. Refused: it was answered with an error, so it must not be there. Unknown: no attempt was
# answered for good, so it may be there or not.
Outcome = Literal["done", "refused", "unknown"]


class Attempt(Struct, frozen=True):
    """One request: when it was sent and ended, in seconds; its status, 0 if the connection ended without one."""

    port: int
    sent: float
    ended: float
    status: int
    text: str = ""


class Operation(Struct):
    """Something that a member wanted. `body` is different for each; `target` is what it was written to, such as `topic 7`.

    `made` is what the acknowledgement said: the id and number of a reply, the version of a post, the value of a vote.
    """

    kind: str
    member: str
    target: str
    body: str
    attempts: list[Attempt] = field(default_factory=list)
    outcome: Outcome = "unknown"
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def sent(self) -> float:
        """When its first request was sent."""
        return self.attempts[0].sent

    @property
    def acked(self) -> float:
        """When its last request ended."""
        return self.attempts[-1].ended


class Frame(Struct, frozen=True):
    """A frame that a listener read: an event with its number, or `joined` and `reset` with the position."""

    at: float
    kind: str
    seq: int
    about: str = ""


class Listener(Struct):
    """The frames of one channel that one listener read, over all its connections."""

    channel: str
    frames: list[Frame] = field(default_factory=list)


class Span(Struct):
    """A fault: what it was, from when to when, and how long after its end each web process acknowledged a write again."""

    name: str
    began: float
    ended: float = 0.0
    healed: dict[int, float] = field(default_factory=dict)
    note: str = ""


class History(Struct):
    """All of it, in the order in which it began."""

    operations: list[Operation] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    faults: list[Span] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write it as JSON, so that a run can be read again."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(self))


class Final(Struct):
    """What the service has at the end, read anew: posts by topic, drafts by member, votes by question."""

    posts: Mapping[int, list[dict[str, Any]]]
    drafts: Mapping[str, str]
    questions: Mapping[int, dict[str, Any]]
    # The number of the last event of each channel.
    positions: Mapping[str, int]

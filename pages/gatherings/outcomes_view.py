"""What hosts chose, as it is read: each question once, with its way."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from msgspec import UNSET, Struct, UnsetType

from members.shapes import Author

STATES = {
    "pending": "Waited for approval",
    "live": "Open for votes",
    "shortlisted": "Shortlisted",
    "on_stage": "On stage",
    "answered": "Answered",
    "dismissed": "Dismissed",
    "merged": "Merged into another one",
    "withdrawn": "Withdrawn",
}


class Step(Struct, frozen=True):
    """What a question became, and when."""

    word: str
    at: datetime


class Way(Struct):
    """All that became of a question; `state` is what it is in the end, `reason` the last one that was given."""

    question: int
    body: str | None
    steps: list[Step]
    state: str = ""
    reason: str | None = None
    author: Author | None = None
    anonymous: bool = False


class Choosing(Protocol):
    """A step as the choice log, or the report, tells it."""

    @property
    def question(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def reason(self) -> str | None | UnsetType: ...
    @property
    def at(self) -> datetime: ...
    @property
    def body(self) -> str | None | UnsetType: ...


def ways_of(steps: Iterable[Choosing]) -> list[Way]:
    """The steps by question, questions in the order of their first step; what comes twice in a row is said once."""
    ways: dict[int, Way] = {}
    for step in steps:
        way = ways.setdefault(step.question, Way(step.question, None, []))
        if isinstance(step.body, str):
            way.body = step.body
        if way.state != step.state:
            way.steps.append(Step(STATES.get(step.state, step.state), step.at))
        way.state = step.state
        way.reason = way.reason if step.reason is UNSET or not step.reason else step.reason
        author, anonymous = getattr(step, "author", None), getattr(step, "anonymous", None)
        way.author = author if isinstance(author, Author) else way.author
        way.anonymous = anonymous is True or way.anonymous
    return list(ways.values())

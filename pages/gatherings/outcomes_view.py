"""The question log of a room: each question once, with its state changes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from msgspec import UNSET, Struct, UnsetType

from gatherings.record.names import question_state_name
from members.shapes import Author


class StateChange(Struct, frozen=True):
    """A state of a question in words, and when the question entered it."""

    word: str
    at: datetime


class QuestionHistory(Struct):
    """A question with all its state changes, its last state, and the last reason that a host gave."""

    question: int
    body: str | None
    steps: list[StateChange]
    state: str = ""
    reason: str | None = None
    author: Author | None = None
    anonymous: bool = False


class LogEntry(Protocol):
    """An entry of the choice log, as the log or the report contains it."""

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


def histories_of(steps: Iterable[LogEntry]) -> list[QuestionHistory]:
    """Group log entries by question, in the order of each question's first entry; a repeated state is listed once."""
    histories: dict[int, QuestionHistory] = {}
    for step in steps:
        history = histories.setdefault(step.question, QuestionHistory(step.question, None, []))
        if isinstance(step.body, str):
            history.body = step.body
        if history.state != step.state:
            history.steps.append(StateChange(question_state_name(step.state), step.at))
        history.state = step.state
        history.reason = history.reason if step.reason is UNSET or not step.reason else step.reason
        author, anonymous = getattr(step, "author", None), getattr(step, "anonymous", None)
        history.author = author if isinstance(author, Author) else history.author
        history.anonymous = anonymous is True or history.anonymous
    return list(histories.values())

"""Findings: what a check says, and the line in which it is printed."""

from typing import Literal

from msgspec import Struct

State = Literal["ok", "warning", "wrong"]


class Finding(Struct, frozen=True):
    """The result of one check. `text` says what is so, `do` what the operator should do about it."""

    check: str
    state: State
    text: str
    do: str = ""

    @property
    def line(self) -> str:
        """The finding in one line: state, check, what is so, what to do."""
        return f"{self.state:8} {self.check}: {' '.join([self.text, self.do]).strip()}"


def ok(check: str, text: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(check, "ok", text)


def warning(check: str, text: str, do: str) -> Finding:
    """Return a finding about something that works and may not for long, or is missing."""
    return Finding(check, "warning", text, do)


def wrong(check: str, text: str, do: str) -> Finding:
    """Return a finding about something that does not work, or that can lose data."""
    return Finding(check, "wrong", text, do)

"""Request and response structs about what rules matched, as cases and hosts see it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

RuleAction = Literal["hold", "flag"]


class Passage(Struct, frozen=True):
    """A matched part of a text, with the words around it."""

    before: str
    match: str
    after: str


class RuleMatch(Struct, frozen=True, kw_only=True):
    """A rule caught the subject of a case; shown to moderators only. `outcome` says whether the decision agreed."""

    rule: int
    name: str
    action: RuleAction
    why: str
    passages: list[Passage]
    at: datetime
    outcome: Literal["upheld", "overturned"] | None

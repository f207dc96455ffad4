"""What a rule found in a text, as cases and hosts see it."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

RuleAction = Literal["hold", "flag"]


class Passage(Struct, frozen=True):
    """Words that were matched, with what stands around them."""

    before: str
    match: str
    after: str


class RuleMatch(Struct, frozen=True, kw_only=True):
    """That a rule caught what a case is about, and by what; for moderators."""

    rule: int
    name: str
    action: RuleAction
    why: str
    passages: list[Passage]
    at: datetime
    outcome: Literal["upheld", "overturned"] | None

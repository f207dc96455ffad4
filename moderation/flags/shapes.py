"""What comes in and goes out of reports: notices from anyone, with or without an account."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.text import NO_CONTROLS, ONE_LINE, Email
from members.shapes import EmailLanguage
from moderation.shapes import FACTS_LENGTH, Action, FlagReason, Reason

REFERENCE_LENGTH = 43
ADDRESS_LENGTH = 2_000

Address = Annotated[str, Meta(min_length=1, max_length=ADDRESS_LENGTH, pattern=ONE_LINE)]
Why = Annotated[str, Meta(min_length=1, max_length=FACTS_LENGTH, pattern=NO_CONTROLS)]
ReporterName = Annotated[str, Meta(min_length=1, max_length=120, pattern=ONE_LINE)]


class NewReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A notice: where it is, why it is illegal or against the rules, who says so, and that it is said in good faith."""

    address: Address
    reason: FlagReason
    why: Why
    good_faith: bool
    name: ReporterName | None = None
    email: Email | None = None
    # Without one, what the browser asks for.
    letters_in: EmailLanguage | None = None
    # The topic at the address, its title and tags, and not its first post.
    whole: bool = False


class Outcome(Struct, frozen=True, kw_only=True):
    """What was decided about what was reported, and whether that was taken back since."""

    action: Action
    reason: Reason | None
    at: datetime
    is_reversed: bool


class Report(Struct, frozen=True, kw_only=True):
    """A report as whoever has its reference sees it: what became of it, and nothing that was written in it."""

    reference: str
    address: str
    reason: FlagReason
    received_at: datetime
    state: Literal["received", "decided"]
    outcome: Outcome | None


class RevealReporters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an administrator wants to know who reported; it is kept."""

    reason: Annotated[str, Meta(min_length=1, max_length=300, pattern=ONE_LINE)]


class Reporter(Struct, frozen=True, kw_only=True):
    """Who reported; for administrators alone, each look written down."""

    name: str | None
    email: str | None
    handle: str | None
    reported_at: datetime


class Reporters(Struct, frozen=True):
    """Everybody who reported or flagged what a case is about."""

    items: list[Reporter]

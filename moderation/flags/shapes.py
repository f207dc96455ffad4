"""Request and response structs of reports from anyone, with or without an account."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.text import NO_CONTROLS, ONE_LINE, UNSEEN, Email
from members.shapes import EmailLanguage
from moderation.shapes import FACTS_LENGTH, Action, FlagReason, Reason

REFERENCE_LENGTH = 43
ADDRESS_LENGTH = 2_000

# A blank address is refused like every address at which nothing is found.
Address = Annotated[str, Meta(min_length=1, max_length=ADDRESS_LENGTH, pattern=ONE_LINE, extra=UNSEEN)]
Why = Annotated[str, Meta(min_length=1, max_length=FACTS_LENGTH, pattern=NO_CONTROLS)]
ReporterName = Annotated[str, Meta(min_length=1, max_length=120, pattern=ONE_LINE)]


class NewReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report: the address of the content, why it is illegal or against the rules, who reports it, and the statement of
    good faith that article 16 of the Digital Services Act requires."""

    address: Address
    reason: FlagReason
    why: Why
    good_faith: bool
    name: ReporterName | None = None
    email: Email | None = None
    # The language of e-mails to the reporter; the browser's preference if it is not given.
    letters_in: EmailLanguage | None = None
    # Whether the report is about the whole topic at the address, instead of its first post.
    whole: bool = False


class ReportOutcome(Struct, frozen=True, kw_only=True):
    """The decision about a report, and whether it has been reversed."""

    action: Action
    reason: Reason | None
    at: datetime
    is_reversed: bool


class Report(Struct, frozen=True, kw_only=True):
    """A report as the holder of its reference sees it: its state and outcome, without its text, and whether they can appeal
    the decision."""

    reference: str
    address: str
    reason: FlagReason
    received_at: datetime
    state: Literal["received", "decided"]
    outcome: ReportOutcome | None
    may_appeal: bool


class RevealReporters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an administrator needs to know the reporters; the reason is logged."""

    reason: Annotated[str, Meta(min_length=1, max_length=300, pattern=ONE_LINE)]


class Reporter(Struct, frozen=True, kw_only=True):
    """A person who reported or flagged the subject of a case; for administrators only."""

    name: str | None
    email: str | None
    handle: str | None
    reported_at: datetime


class Reporters(Struct, frozen=True):
    """Everyone who reported or flagged the subject of a case."""

    items: list[Reporter]

"""Who may decide about a case, and which decisions are allowed: pure functions, and the refusals they raise."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from asyncpg import Record
from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Denied, Invalid
from core.ids import GatheringId, SectorId, TopicId
from core.languages.texts import translatable
from forum.policy import NotModerator
from moderation.shapes import NON_RESTRICTIVE, SANCTIONS, Action, NewDecision, ObjectKind, Reason

# E-mails and publication wait this long after a decision, because they cannot be taken back. Until then the decision can be
# undone as if it had never been made.
UNDO_WINDOW = timedelta(seconds=12)
# Decisions can be appealed for six months, as article 20 of the Digital Services Act requires; 184 days are at least that.
APPEALABLE = timedelta(days=184)


# The actions that apply to each kind of subject, besides "no_action" and the sanctions in `SANCTIONS`.
ACTIONS_BY_KIND: Mapping[ObjectKind, frozenset[Action]] = {
    "post": frozenset({"hide", "lock", "approve", "approve_edited", "withdraw", "move", "split"}),
    "topic": frozenset({"hide", "lock", "move", "merge", "duplicate"}),
    "profile": frozenset({"hide"}),
    "file": frozenset({"hide"}),
}


# The actions that hosts can take in their rooms. Actions with effects outside a room are for moderators.
HOST_ACTIONS: frozenset[Action] = frozenset(
    {"hide", "warn", "remove", "no_action", "approve", "approve_edited"}
)


def can_appeal_report(decision: Mapping[str, Any] | Record, now: datetime) -> bool:
    """Return whether who reported something can appeal the decision about the report now: one to take no action, which
    stands."""
    stands = decision["action"] == "no_action" and decision["reversed_at"] is None
    return stands and now < decision["decided_at"] + APPEALABLE


class CaseFacts(Struct, frozen=True, kw_only=True):
    """The facts about a case that the rules need. `is_involved` means that the actor wrote or flagged the subject."""

    id: int
    kind: ObjectKind
    object_id: int
    topic_id: TopicId | None
    sector_id: SectorId | None
    gathering_id: GatheringId | None = None
    state: str
    version: int
    is_involved: bool
    is_escalated: bool = False


class CaseAction(Struct, frozen=True):
    """One action of a decision about a case."""

    case: CaseFacts
    decision_id: int
    action: Action


class FlaggedFacts(Struct, frozen=True, kw_only=True):
    """The facts that the rules need about something that a member flags. A profile belongs to no sector."""

    sector_id: SectorId | None
    gathering_id: GatheringId | None = None
    is_own: bool
    state: str


class Involved(Denied):
    """Nobody decides about what they wrote or flagged."""

    message = translatable("You wrote or flagged this, so another moderator decides.")


class ForAdministrators(Denied):
    """The case was escalated, so only administrators decide it."""

    message = translatable("This case was escalated to the administrators, so only they can decide it.")


class CaseDecided(Conflict):
    """The case has already been decided."""

    message = translatable("This case has already been decided.")


class ReasonMissing(Invalid):
    """Every restriction needs a statement of reasons."""

    message = translatable("Name the rule that applies, and describe what you found.")


class CaseMovedOn(Conflict):
    """The version of the case is not the one given. `current` is the case as it is now, with its decisions."""

    message = translatable("This case has changed since you opened it. Review it again, then decide.")

    def __init__(self, current: object) -> None:
        """Keep the current case for the response."""
        self.current = current
        super().__init__()


class NothingToHide(Conflict):
    """The subject of the case is no longer published."""

    message = translatable("This is not published at the moment, so there is nothing to hide.")


class LockedBefore(Conflict):
    """The topic is already locked."""

    message = translatable("This topic is already locked.")


class NotYourDecision(Denied):
    """Only the moderator who decided can undo; other moderators can reverse with a reason."""

    message = translatable("Another moderator made this decision. You can reverse it with a reason.")


class TooLateToUndo(Conflict):
    """The undo window is over: the decision has been announced and published."""

    message = translatable("This can no longer be undone. You can reverse it with a reason.")


class NothingToReverse(Conflict):
    """The decision restricts nothing, or was already reversed."""

    message = translatable("This decision no longer restricts anything, so there is nothing to reverse.")


class NothingElse(Invalid):
    """The actions "no_action", "approve" and "approve_edited" cannot be combined with others."""

    message = translatable("This action cannot be combined with another one.")


class HeldWaits(Conflict):
    """A held post must be approved or hidden, because its author is waiting."""

    message = translatable("This is held and not published. Approve it, or hide it with a reason.")


class NothingHeld(Conflict):
    """Only a held post can be approved."""

    message = translatable(
        "Nothing is held here any more: it was already decided, or its author withdrew it."
    )


class TextMissing(Invalid):
    """ "approve_edited" needs a text, and "approve" takes none."""

    message = translatable("Enter the text to publish instead.")


class NotForThis(Conflict):
    """The action does not apply to this kind of subject."""

    message = translatable("This action does not apply to this kind of content.")


def ensure_can_read_queue(actor: Actor) -> None:
    """Allow moderators, hosts and administrators; raise NotModerator for everybody else."""
    actor.signed_in()
    if not actor.is_administrator and not actor.moderates and not actor.hosts:
        raise NotModerator


def can_judge_in(actor: Actor, sector_id: SectorId | None) -> bool:
    """Return whether the actor moderates the sector; cases without a sector belong to all moderators."""
    return (
        bool(actor.moderates) or actor.is_administrator
        if sector_id is None
        else actor.moderates_in(sector_id)
    )


def ensure_can_judge(actor: Actor, sector_id: SectorId | None, gathering_id: GatheringId | None) -> None:
    """Allow moderators of the sector and hosts of the gathering; raise NotModerator for everybody else."""
    hosts = gathering_id is not None and actor.hosts_at(gathering_id)
    if not can_judge_in(actor, sector_id) and not hosts:
        raise NotModerator


def ensure_actions_allowed(actor: Actor, case: CaseFacts, actions: Sequence[Action]) -> None:
    """Raise NotModerator if a host who does not moderate the sector takes an action that is not among HOST_ACTIONS."""
    if not can_judge_in(actor, case.sector_id) and not HOST_ACTIONS.issuperset(actions):
        raise NotModerator


def ensure_fits_kind(case: CaseFacts, actions: Sequence[Action]) -> None:
    """Raise NotForThis if an action does not apply to the kind of subject. Sanctions apply to all kinds."""
    for action in actions:
        if action not in ACTIONS_BY_KIND[case.kind] | SANCTIONS | {"no_action"}:
            raise NotForThis


def ensure_can_decide(actor: Actor, case: CaseFacts) -> None:
    """Raise NotModerator unless the actor moderates the sector or hosts the room, and Involved if they wrote or flagged
    the subject."""
    actor.signed_in()
    ensure_can_judge(actor, case.sector_id, case.gathering_id)
    if case.is_involved:
        raise Involved


def ensure_can_decide_now(actor: Actor, case: CaseFacts) -> None:
    """Check `ensure_can_decide`, and raise ForAdministrators if the case was escalated and the actor is not an
    administrator."""
    ensure_can_decide(actor, case)
    if case.is_escalated and not actor.is_administrator:
        raise ForAdministrators


def ensure_has_reason(action: Action, reason: Reason | None) -> None:
    """Raise ReasonMissing if a restrictive action has no rule or no facts (article 17 of the Digital Services Act)."""
    if action in NON_RESTRICTIVE:
        return
    if reason is None:
        raise ReasonMissing(field="reason")
    ensure_not_blank("reason.rule", reason.rule)
    ensure_not_blank("reason.facts", reason.facts)


def ensure_actions_combine(new: NewDecision) -> None:
    """Raise NothingElse if an unrestrictive action is combined with another action."""
    if NON_RESTRICTIVE & set(new.actions) and len(new.actions) > 1:
        raise NothingElse(field="also")


def ensure_not_blank(field: str, text: str) -> None:
    """Raise ReasonMissing with the name of the field if its text is blank."""
    if not text.strip():
        raise ReasonMissing(field=field)


def ensure_can_read_audit(actor: Actor) -> None:
    """Allow moderators, hosts and administrators to read the audit log; raise NotModerator for everybody else."""
    actor.signed_in()
    if not actor.is_administrator and not actor.moderates and not actor.hosts:
        raise NotModerator

"""Who decides: pure rules, and the refusals they raise. (Who flags is in policy_flags.py.)"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Denied, Invalid
from core.ids import GatheringId, MemberId, SectorId, TopicId
from forum.policy import NotModerator
from members.policy import AdministratorsOnly
from moderation.shapes import NON_RESTRICTIVE, SANCTIONS, Action, NewDecision, ObjectKind, Reason

# What cannot be taken back waits as long after a decision: mail, publication. Until then it can be undone without a trace.
UNDO_WINDOW = timedelta(seconds=12)
# Days for which moderators suspend from their sector.
MAX_SUSPENSION_DAYS = 7


# What can be done about what a case is about, besides taking no action. What is done to a member is said by `SANCTIONS`.
ACTIONS_BY_KIND: Mapping[ObjectKind, frozenset[Action]] = {
    "post": frozenset({"hide", "lock", "approve", "approve_edited", "withdraw", "move", "split"}),
    "topic": frozenset({"hide", "lock", "move", "merge", "duplicate"}),
    "profile": frozenset({"hide"}),
    "file": frozenset({"hide"}),
}


# What hosts do about what is in their rooms; whatever reaches beyond them is for moderators.
HOST_ACTIONS: frozenset[Action] = frozenset(
    {"hide", "warn", "remove", "no_action", "approve", "approve_edited"}
)


class CaseFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in a case; `is_involved` is who wrote what it is about, or flagged it."""

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


class TargetFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in who is responsible for what a case is about; nobody where it was written without a name."""

    author_id: MemberId | None
    is_in_room: bool
    administers: bool


class FlaggedFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in something that somebody flags; a profile lies in no sector."""

    sector_id: SectorId | None
    gathering_id: GatheringId | None = None
    is_own: bool
    state: str


class Involved(Denied):
    """Nobody decides about what they wrote or flagged."""

    message = "You wrote or flagged this, so another moderator decides."


class ForAdministrators(Denied):
    """The case was handed to the administrators."""

    message = "This case was handed to the administrators. They decide."


class CaseDecided(Conflict):
    """What was decided waits for nobody."""

    message = "This case is decided already."


class ReasonMissing(Invalid):
    """There is no restriction without a statement of reasons."""

    message = "Say which rule, and what was found."


class CaseMovedOn(Conflict):
    """The case is not in the version given; `current` is how it stands now, with what was decided."""

    message = "Something happened to this case first. Look at it again."

    def __init__(self, current: object) -> None:
        self.current = current
        super().__init__()


class NothingToHide(Conflict):
    """What the case is about is not published any more."""

    message = "This is not published at the moment: there is nothing to hide."


class LockedBefore(Conflict):
    """The topic takes no replies anyway."""

    message = "This topic is locked already."


class NotYourDecision(Denied):
    """Only whoever decided undoes it at once; others can take it back with a reason."""

    message = "Another moderator decided this. You can take it back with a reason."


class TooLateToUndo(Conflict):
    """The seconds are over: it was told and published."""

    message = "This cannot be undone any more. You can take it back with a reason."


class NothingToReverse(Conflict):
    """The decision restricts nothing, or was reversed before."""

    message = "This decision restricts nothing any more."


class NothingElse(Invalid):
    """To take no action is all there is to it."""

    message = "No action goes with nothing else."


class HeldWaits(Conflict):
    """What is held is decided about: its author waits."""

    message = "This is held and not published. Approve it, or hide it with a reason."


class NothingHeld(Conflict):
    """Only what is held is approved."""

    message = "Nothing is held here any more: it was decided, or its author took it back."


class TextMissing(Invalid):
    """Approving with another text takes that text, and approving as it is takes none."""

    message = "Say what is to be published instead."


class NotForThis(Conflict):
    """What is to be done cannot be done to what the case is about."""

    message = "This cannot be done here: it fits another kind of thing."


class NobodyNamed(Conflict):
    """It was written without a name: nothing can be done to anybody."""

    message = "This was written without a name. Nobody can be warned or shut out; the hosts of the room can silence there."


class TakeDutyFirst(Conflict):
    """Administrators are not shut out."""

    message = "This is an administrator. Take the duty first."


class NotInRoom(Conflict):
    """One is sent out of a room for what was written there."""

    message = "This was not written in a room."


class DaysMissing(Invalid):
    """What shuts somebody out says for how long."""

    message = "Say for how many days."


class TooLong(Denied):
    """Moderators suspend for a week at most."""

    message = "Moderators suspend for seven days at most. Administrators can do so for longer."


def ensure_can_read_queue(actor: Actor) -> None:
    """Moderators read the queues of their sectors, hosts the cases of their rooms, administrators all."""
    actor.signed_in()
    if not actor.is_administrator and not actor.moderates and not actor.hosts:
        raise NotModerator


def can_judge_in(actor: Actor, sector_id: SectorId | None) -> bool:
    """Moderators judge what lies in their sectors, and all of them what lies in none."""
    return (
        bool(actor.moderates) or actor.is_administrator
        if sector_id is None
        else actor.moderates_in(sector_id)
    )


def ensure_can_judge(actor: Actor, sector_id: SectorId | None, gathering_id: GatheringId | None) -> None:
    """The same, and hosts in their rooms, as a rule."""
    hosts = gathering_id is not None and actor.hosts_at(gathering_id)
    if not can_judge_in(actor, sector_id) and not hosts:
        raise NotModerator


def ensure_actions_allowed(actor: Actor, case: CaseFacts, actions: Sequence[Action]) -> None:
    """Hosts who moderate nothing here hide, warn, and send out of the room; the rest is for moderators."""
    if not can_judge_in(actor, case.sector_id) and not HOST_ACTIONS.issuperset(actions):
        raise NotModerator


def ensure_fits_kind(case: CaseFacts, actions: Sequence[Action]) -> None:
    """Each kind of thing has its measures; members can be sanctioned for any."""
    for action in actions:
        if action not in ACTIONS_BY_KIND[case.kind] | SANCTIONS | {"no_action"}:
            raise NotForThis


def ensure_can_decide(actor: Actor, case: CaseFacts) -> None:
    """Moderators of the sector decide, and hosts about what is in their rooms; nobody about what they wrote or flagged."""
    actor.signed_in()
    ensure_can_judge(actor, case.sector_id, case.gathering_id)
    if case.is_involved:
        raise Involved


def ensure_can_decide_now(actor: Actor, case: CaseFacts) -> None:
    """The same; what was handed to the administrators, they alone."""
    ensure_can_decide(actor, case)
    if case.is_escalated and not actor.is_administrator:
        raise ForAdministrators


def ensure_has_reason(action: Action, reason: Reason | None) -> None:
    """Whatever takes something from somebody states the rule and the facts."""
    if action in NON_RESTRICTIVE:
        return
    if reason is None:
        raise ReasonMissing(field="reason")
    ensure_not_blank("reason.rule", reason.rule)
    ensure_not_blank("reason.facts", reason.facts)


def ensure_actions_combine(new: NewDecision) -> None:
    """Taking no action, and approving, go with nothing else."""
    if NON_RESTRICTIVE & set(new.actions) and len(new.actions) > 1:
        raise NothingElse(field="also")


def ensure_can_sanction(
    actor: Actor, case: CaseFacts, target: TargetFacts, action: Action, new: NewDecision
) -> None:
    """Moderators warn, and silence or suspend in their sector, suspend for a week at most; what counts everywhere is for
    administrators. Nobody who administers is sanctioned: their duty is taken first."""
    if target.author_id is None:
        raise NobodyNamed
    if target.administers and action != "warn":
        raise TakeDutyFirst
    if action == "remove" and not target.is_in_room:
        raise NotInRoom
    if action in ("silence", "suspend"):
        if new.days is None:
            raise DaysMissing(field="days")
        if actor.is_administrator:
            return
        if new.everywhere or case.sector_id is None:
            raise AdministratorsOnly
        if action == "suspend" and new.days > MAX_SUSPENSION_DAYS:
            raise TooLong(field="days")


def ensure_not_blank(field: str, text: str) -> None:
    """A reason of blanks is none."""
    if not text.strip():
        raise ReasonMissing(field=field)


def ensure_can_read_audit(actor: Actor) -> None:
    """Moderators read what was done in their sectors, hosts what was done in their gatherings, administrators all."""
    actor.signed_in()
    if not actor.is_administrator and not actor.moderates and not actor.hosts:
        raise NotModerator

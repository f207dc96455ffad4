"""Who flags and who decides: pure rules, and the refusals they raise."""

from msgspec import Struct

from core.actor import Actor, NotVerified
from core.errors import Conflict, Denied, Invalid
from core.ids import SectorId, TopicId
from forum.policy import NotModerator, PostHidden, PostWithdrawn
from moderation.shapes import Action, Reason


class FlaggedFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in a post that somebody flags."""

    sector_id: SectorId
    is_own: bool
    state: str


class CaseFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in a case; `is_involved` is who wrote what it is about, or flagged it."""

    id: int
    object_id: int
    topic_id: TopicId
    sector_id: SectorId
    state: str
    version: int
    is_involved: bool


class OwnPost(Denied):
    """Nobody flags what they wrote."""

    message = "This is your own. You can edit or withdraw it."


class NoteMissing(Invalid):
    """The reason "other" says nothing by itself."""

    message = "Say in a few words what is wrong with it."


class Involved(Denied):
    """Nobody decides about what they wrote or flagged."""

    message = "You wrote or flagged this, so another moderator decides."


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


class NothingToReverse(Conflict):
    """The decision restricts nothing, or was reversed before."""

    message = "This decision restricts nothing any more."


def ensure_can_flag(actor: Actor, post: FlaggedFacts) -> None:
    """Verified members flag what others have published; who is silenced may still ask for help."""
    actor.signed_in()
    if not actor.is_verified:
        raise NotVerified
    if post.is_own:
        raise OwnPost
    if post.state == "hidden":
        raise PostHidden
    if post.state != "published":
        raise PostWithdrawn


def ensure_flag_is_clear(reason: str, note: str) -> None:
    """A flag says what is wrong: by its reason, or in a note."""
    if reason == "other" and not note:
        raise NoteMissing(field="note")


def ensure_can_read_queue(actor: Actor) -> None:
    """Moderators read the queues of their sectors, administrators all."""
    actor.signed_in()
    if not actor.is_administrator and not actor.moderates:
        raise NotModerator


def ensure_can_decide(actor: Actor, case: CaseFacts) -> None:
    """Moderators of the sector decide, about what they neither wrote nor flagged."""
    actor.signed_in()
    if not actor.moderates_in(case.sector_id):
        raise NotModerator
    if case.is_involved:
        raise Involved


def ensure_has_reason(action: Action, reason: Reason | None) -> None:
    """Whatever takes something from somebody states the rule and the facts."""
    if action == "no_action":
        return
    if reason is None:
        raise ReasonMissing(field="reason")
    ensure_says_something("reason.rule", reason.rule)
    ensure_says_something("reason.facts", reason.facts)


def ensure_says_something(field: str, text: str) -> None:
    """A reason of blanks is none."""
    if not text.strip():
        raise ReasonMissing(field=field)

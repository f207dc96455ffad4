"""Who may do what with questions: the ways between their states, the rules, and the refusals they raise."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Denied, Invalid
from core.ids import QuestionId
from gatherings.policy import (
    HasCurrent,
    NotHost,
    RoomFacts,
    RoomNotOpen,
    WriterFacts,
    ensure_can_write,
    ensure_hosts,
)

# Where a question may go from where it is. All but what the asker withdrew can be taken back; what was approved stays
# in its topic, so only what was dismissed before that can wait again.
MOVES: Mapping[str, frozenset[str]] = {
    "pending": frozenset({"live", "shortlisted", "dismissed", "withdrawn"}),
    "live": frozenset({"shortlisted", "on_stage", "answered", "dismissed", "merged", "withdrawn"}),
    "shortlisted": frozenset(
        {"live", "shortlisted", "on_stage", "answered", "dismissed", "merged", "withdrawn"}
    ),
    "on_stage": frozenset({"live", "shortlisted", "answered", "dismissed", "withdrawn"}),
    "answered": frozenset({"live", "shortlisted", "on_stage", "answered", "withdrawn"}),
    "dismissed": frozenset({"pending", "live", "shortlisted", "on_stage", "withdrawn"}),
    "merged": frozenset({"live", "shortlisted", "withdrawn"}),
    "withdrawn": frozenset(),
}
VOTED = frozenset({"live", "shortlisted"})
MERGED_INTO = frozenset({"live", "shortlisted", "on_stage"})
SETTLED = frozenset({"answered", "dismissed", "merged", "withdrawn"})

ORDINARY = WriterFacts()


class QuestionFacts(Struct, frozen=True, kw_only=True):
    """What the rules look at in a question; `is_own` also holds for what was asked anonymously, `is_held` until it was
    approved."""

    id: QuestionId
    post_id: int
    state: str
    version: int
    is_own: bool
    is_held: bool = False
    place: int | None = None
    reason: str | None = None
    answered_how: str | None = None
    answer_post_id: int | None = None
    merged_into: int | None = None


class NotAsker(Denied):
    """Only who asked may do this."""

    message = "Only who asked a question can withdraw it."


class OwnQuestion(Denied):
    """Nobody votes for a question of their own."""

    message = "This is your own question: others vote for it."


class AnonymityNotAllowed(Denied):
    """The room is one where people ask by name."""

    message = "In this room questions are asked by name."


class HostsAskByName(Denied):
    """Who decides about questions does not hide among those who ask them."""

    message = "Hosts ask by name."


class ChoicesNotPublished(Denied):
    """What became of the questions is not told, or not yet."""

    message = "What was chosen is published when the room is closed, if its hosts have switched that on."


class QuestionNotLive(Conflict):
    """The question does not wait for votes: it is not approved, on stage, or settled."""

    message = "Votes are counted while a question waits for its turn."


class QuestionMoved(HasCurrent):
    """The question is not in the version given; `current` is how it is now, `meanwhile` what happened since."""

    message = "Somebody else dealt with this question first."

    def __init__(self, current: Struct, meanwhile: Sequence[Struct] = ()) -> None:
        self.meanwhile = list(meanwhile)
        super().__init__(current)


class QuestionCannotMove(HasCurrent):
    """There is no way from the question's state to the one asked for."""

    message = "A question cannot go there from where it is."


class QuestionIsPublished(Conflict):
    """It was approved: its text is that of its post."""

    message = (
        "This question was approved. Where hosts do not approve first, its author can edit it in the topic."
    )


class NothingToMergeInto(Conflict):
    """The other question is settled, waits for approval, is the same, or of another room."""

    message = "A question is merged into another one of this room that still waits for its turn."


class OthersMergedHere(Conflict):
    """Questions were merged into this one."""

    message = "Others were merged into this question. Merge it the other way round, or take those back first."


class ClaimedByOther(HasCurrent):
    """Another host is at this question."""

    message = "Another host is at this question just now."


class ReasonNeeded(Invalid):
    """Nothing is said about why."""

    message = "Say why: who asked will read it."


class NotPartOfMove(Invalid):
    """What is given belongs to another move, or what this one needs is missing."""

    message = "A merge names `into`; only it does. `answer` belongs to answered, `place` to shortlisted."


def ensure_can_ask(
    actor: Actor, room: RoomFacts, anonymous: bool, now: datetime, writer: WriterFacts = ORDINARY
) -> None:
    """Whoever may write in the room asks; without their name where it allows that, and never its hosts."""
    ensure_can_write(actor, room, "questions", writer, now)
    if anonymous and not room.allows_anonymous:
        raise AnonymityNotAllowed
    if anonymous and actor.hosts_at(room.gathering_id):
        raise HostsAskByName


def is_approved(actor: Actor, room: RoomFacts, writer: WriterFacts) -> bool:
    """Whether what somebody asks goes live at once: in a pre-moderated room that of hosts and the panel alone."""
    return not room.is_premoderated or writer.is_on_panel or actor.hosts_at(room.gathering_id)


def ensure_can_vote(room_state: str, question_state: str, is_own: bool) -> None:
    """Who may write votes in open rooms, for questions of others that wait for their turn."""
    if is_own:
        raise OwnQuestion
    if room_state != "open":
        raise RoomNotOpen
    if question_state not in VOTED:
        raise QuestionNotLive


def ensure_can_settle(
    actor: Actor,
    room: RoomFacts,
    question: QuestionFacts,
    state: str,
    now: datetime,
    *,
    answers_in_writing: bool = False,
    is_on_panel: bool = False,
) -> None:
    """Who asked withdraws, and nobody else; the panel answers in writing; hosts do all else, also after the end."""
    actor.may_write(now, room.sector_id)
    if state == "withdrawn":
        if not question.is_own:
            raise NotAsker
        return
    if actor.hosts_at(room.gathering_id):
        return
    if not (state == "answered" and answers_in_writing and is_on_panel):
        raise NotHost


def ensure_moves(room: RoomFacts, question: QuestionFacts, state: str, current: Struct) -> None:
    """A question goes where there is a way, and on stage while the room is open."""
    if state not in MOVES[question.state]:
        raise QuestionCannotMove(current)
    if state == "pending" and not question.is_held:
        raise QuestionCannotMove(current)
    if state == "on_stage" and room.state != "open":
        raise RoomNotOpen


def ensure_is_whole(state: str, reason: str, into: int | None, answer: str | None, place: int | None) -> None:
    """A move comes with what it needs, and with nothing that belongs to another."""
    if state == "dismissed" and not reason:
        raise ReasonNeeded(field="reason")
    if (into is not None) != (state == "merged"):
        raise NotPartOfMove(field="into")
    if answer is not None and state != "answered":
        raise NotPartOfMove(field="answer")
    if place is not None and state != "shortlisted":
        raise NotPartOfMove(field="place")


def ensure_can_edit_question(actor: Actor, room: RoomFacts, question: QuestionFacts, now: datetime) -> None:
    """Who asked, or a host, gives a question another text until it is approved."""
    actor.may_write(now, room.sector_id)
    if not question.is_own:
        ensure_hosts(actor, room.gathering_id, now)
    if question.state != "pending":
        raise QuestionIsPublished


def ensure_can_read_choices(actor: Actor, room: RoomFacts) -> None:
    """Hosts read what became of the questions at any time; all others once the room is closed, if it publishes that."""
    if actor.hosts_at(room.gathering_id):
        return
    if room.state != "closed" or not room.publishes_choices:
        raise ChoicesNotPublished

"""The rules for questions: their states and transitions, and who asks, votes, edits and changes states."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Denied, Invalid
from core.ids import QuestionId
from core.languages.texts import translatable
from gatherings.policy import HasCurrent, NotHost, ensure_hosts
from gatherings.policy_rooms import RoomFacts, RoomNotOpen, WriterFacts, ensure_can_write

# The states that a question can change to, by its current state. Every transition except a withdrawal can be undone. An
# approved question stays in the topic, so only one that was dismissed before its approval can wait again.
TRANSITIONS: Mapping[str, frozenset[str]] = {
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
VOTABLE_STATES = frozenset({"live", "shortlisted"})
MERGE_TARGET_STATES = frozenset({"live", "shortlisted", "on_stage"})
# The states in which nobody waits for an answer any more; the API calls their time `settled_at`.
CLOSED_STATES = frozenset({"answered", "dismissed", "merged", "withdrawn"})

# A member who is not on the panel, not muted, and not limited by slow mode.
ORDINARY_WRITER = WriterFacts()


class QuestionFacts(Struct, frozen=True, kw_only=True):
    """The facts of a question that the rules need.

    `is_own` is also true for a question that the actor asked anonymously; `is_held` is true until it is approved.
    """

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
    """The action is for the question's asker only."""

    message = translatable("Only the member who asked a question can withdraw it.")


class OwnQuestion(Denied):
    """Members do not vote for their own questions."""

    message = translatable("This is your own question. Other members vote for it.")


class AnonymityNotAllowed(Denied):
    """The room does not allow anonymous questions."""

    message = translatable("In this room questions are asked by name.")


class HostsAskByName(Denied):
    """Hosts decide about questions, so they do not ask anonymously."""

    message = translatable("Hosts ask by name.")


class ChoicesNotPublished(Denied):
    """The outcomes of the questions are not published, or not yet."""

    message = translatable(
        "The outcomes are published when the room is closed, if its hosts have switched that on."
    )


class QuestionNotLive(Conflict):
    """The question takes no votes: it is not approved, on stage or closed."""

    message = translatable("You can vote for a question while it is open and not on stage.")


class QuestionMoved(HasCurrent):
    """The given version of the question is not the current one.

    `current` is the question as it is now, `meanwhile` the transitions since the given version.
    """

    message = translatable("Somebody else changed this question first.")

    def __init__(self, current: Struct, meanwhile: Sequence[Struct] = ()) -> None:
        self.meanwhile = list(meanwhile)
        super().__init__(current)


class QuestionCannotMove(HasCurrent):
    """The question cannot change from its state to the requested one."""

    message = translatable("This question cannot change to that state from its current one.")


class QuestionIsPublished(Conflict):
    """The question was approved, so its text is edited as a post."""

    message = translatable(
        "This question was approved. Where hosts do not approve first, its author can edit it in the topic."
    )


class NothingToMergeInto(Conflict):
    """The target of the merge is closed, waits for approval, is the question itself, or belongs to another room."""

    message = translatable("A question can only be merged into another open question of this room.")


class OthersMergedHere(Conflict):
    """Other questions were merged into this one."""

    message = translatable(
        "Other questions were merged into this one. Merge it the other way round, or undo those merges first."
    )


class ClaimedByOther(HasCurrent):
    """Another host has claimed the question."""

    message = translatable("Another host is dealing with this question at the moment.")


class ReasonNeeded(Invalid):
    """The reason is missing."""

    message = translatable("Give a reason. The member who asked will read it.")


class NotPartOfMove(Invalid):
    """A field belongs to another state, or a field that the state needs is missing."""

    message = translatable(
        "Only a merge needs `into`. `answer` belongs to `answered`, and `place` to `shortlisted`."
    )


def ensure_can_ask(
    actor: Actor, room: RoomFacts, anonymous: bool, now: datetime, writer: WriterFacts = ORDINARY_WRITER
) -> None:
    """Members who can write in the room ask questions; anonymously if the room allows it, but never as its hosts.

    Raises what `ensure_can_write` raises, AnonymityNotAllowed or HostsAskByName.
    """
    ensure_can_write(actor, room, "questions", writer, now)
    if anonymous and not room.allows_anonymous:
        raise AnonymityNotAllowed
    if anonymous and actor.hosts_at(room.gathering_id):
        raise HostsAskByName


def needs_no_approval(actor: Actor, room: RoomFacts, writer: WriterFacts) -> bool:
    """Return whether the actor's questions are published immediately; in a premoderated room, only hosts' and panel's."""
    return not room.is_premoderated or writer.is_on_panel or actor.hosts_at(room.gathering_id)


def ensure_can_vote(room_state: str, question_state: str, is_own: bool) -> None:
    """Members vote in open rooms, for open questions of others; raise OwnQuestion, RoomNotOpen or QuestionNotLive."""
    if is_own:
        raise OwnQuestion
    if room_state != "open":
        raise RoomNotOpen
    if question_state not in VOTABLE_STATES:
        raise QuestionNotLive


def ensure_can_change_question_state(
    actor: Actor,
    room: RoomFacts,
    question: QuestionFacts,
    state: str,
    now: datetime,
    *,
    answers_in_writing: bool = False,
    is_on_panel: bool = False,
) -> None:
    """Only the asker withdraws a question; the panel answers in writing; hosts make every other transition.

    This also holds after the room is closed. Raises NotAsker or NotHost.
    """
    actor.may_write(now, room.sector_id)
    if state == "withdrawn":
        if not question.is_own:
            raise NotAsker
        return
    if actor.hosts_at(room.gathering_id):
        return
    if not (state == "answered" and answers_in_writing and is_on_panel):
        raise NotHost


def ensure_transition_exists(room: RoomFacts, question: QuestionFacts, state: str, current: Struct) -> None:
    """A question makes only the transitions of TRANSITIONS, and goes on stage only while the room is open.

    Raises QuestionCannotMove with the `current` question, or RoomNotOpen.
    """
    if state not in TRANSITIONS[question.state]:
        raise QuestionCannotMove(current)
    if state == "pending" and not question.is_held:
        raise QuestionCannotMove(current)
    if state == "on_stage" and room.state != "open":
        raise RoomNotOpen


def ensure_fields_fit_state(
    state: str, reason: str, into: int | None, answer: str | None, place: int | None
) -> None:
    """A transition comes with the fields that its new state needs, and with no others.

    Raises ReasonNeeded or NotPartOfMove.
    """
    if state == "dismissed" and not reason:
        raise ReasonNeeded(field="reason")
    if (into is not None) != (state == "merged"):
        raise NotPartOfMove(field="into")
    if answer is not None and state != "answered":
        raise NotPartOfMove(field="answer")
    if place is not None and state != "shortlisted":
        raise NotPartOfMove(field="place")


def ensure_can_edit_question(actor: Actor, room: RoomFacts, question: QuestionFacts, now: datetime) -> None:
    """The asker and the hosts edit a question until it is approved; raise NotHost or QuestionIsPublished."""
    actor.may_write(now, room.sector_id)
    if not question.is_own:
        ensure_hosts(actor, room.gathering_id, now)
    if question.state != "pending":
        raise QuestionIsPublished


def ensure_can_read_outcomes(actor: Actor, room: RoomFacts) -> None:
    """Hosts read the outcomes at any time; everyone else once the room is closed, if the room publishes them.

    Raises ChoicesNotPublished.
    """
    if actor.hosts_at(room.gathering_id):
        return
    if room.state != "closed" or not room.publishes_choices:
        raise ChoicesNotPublished

"""The rules for polls: who prepares, opens and reads them, which polls are valid, and which ballots a poll takes."""

from datetime import datetime

from msgspec import UNSET, Struct

from core.actor import Actor
from core.errors import Conflict, Denied, Invalid
from core.languages.texts import translatable
from core.text import tidy
from core.visible import is_visible
from gatherings.policy import NotHost, ensure_hosts
from gatherings.policy_rooms import ModuleOff, RoomFacts, RoomNotOpen
from gatherings.polls.results import PollFacts, scale_points
from gatherings.polls.words import normalize_word, word_key
from gatherings.shapes.polls import MOST_OPTIONS, WORD_LENGTH, Answer, NewPoll, PollSettings

MAX_POLLS = 50
MAX_SCALE_LENGTH = 20
MAX_WORDS = 10
# The states that a poll can change to, by its current state.
POLL_TRANSITIONS = {"draft": {"open"}, "open": {"closed"}, "closed": {"open"}}
# The settings that each kind has; other kinds have none.
SETTINGS_BY_KIND = {
    "several": {"most"},
    "scale": {"low", "high", "low_label", "high_label"},
    "words": {"most"},
}
KINDS_WITH_OPTIONS = {"single", "several", "ranked"}


class PollNotOpen(Conflict):
    """The poll is a draft or closed."""

    message = translatable("This poll is not open.")


class PollBegun(Conflict):
    """The poll was opened, so members have seen it."""

    message = translatable("This poll was already opened. It can no longer be changed or deleted.")


class PollCannotMove(Conflict):
    """The poll cannot change from its state to the requested one."""

    message = translatable("A draft poll can be opened, an open one closed, and a closed one opened again.")


class PollMoved(Conflict):
    """The given version of the poll is not the current one; `current` is the poll as it is now."""

    message = translatable("Somebody else changed this poll first.")

    def __init__(self, current: Struct) -> None:
        self.current = current
        super().__init__()


class TooManyPolls(Conflict):
    """The room has the maximum number of polls."""

    message = translatable("A room has at most %(most)s polls. Delete a draft first.")


class NoWordsHere(Conflict):
    """The poll does not ask for words, or was not opened yet."""

    message = translatable("You can only strike words from a poll that asks for words and was opened.")


class ResultsHidden(Denied):
    """The results are not public until the poll is closed."""

    message = translatable("The results are shown when this poll is closed.")


class BadOptions(Invalid):
    """There are too few options, two are equal, one is empty, or this kind of poll has no options."""

    message = translatable("Give between 2 and %(most)s different options.")


class BadPollSettings(Invalid):
    """The settings do not belong to this kind of poll, or are out of range."""

    message = translatable("These settings do not fit this kind of poll.")


class NoSplitOfWords(Invalid):
    """Results in words cannot be split by group."""

    message = translatable(
        "A poll that asks for words has no results by group, because too few people of a group give the same word."
    )


class BadAnswer(Invalid):
    """The answer is not valid in this poll."""

    message = translatable("This answer is not possible in this poll.")


class EmptyStrikeReason(Invalid):
    """The reason is missing."""

    message = translatable("Give a reason for striking this word.")


def ensure_can_prepare(actor: Actor, room: RoomFacts, now: datetime) -> None:
    """Hosts draft, change and delete polls at any time, in rooms that have polls on; raise NotHost or ModuleOff."""
    ensure_hosts(actor, room.gathering_id, now)
    if "polls" not in room.modules:
        raise ModuleOff


def ensure_is_draft(poll: PollFacts) -> None:
    """Only drafts are changed or deleted; raise PollBegun."""
    if poll.state != "draft":
        raise PollBegun


def ensure_can_change_poll_state(
    actor: Actor, room: RoomFacts, poll: PollFacts, state: str, now: datetime
) -> None:
    """Hosts open polls in open rooms, and close them at any time.

    Raises NotHost, PollCannotMove, ModuleOff or RoomNotOpen.
    """
    ensure_hosts(actor, room.gathering_id, now)
    if state not in POLL_TRANSITIONS[poll.state]:
        raise PollCannotMove
    if state == "open":
        ensure_can_prepare(actor, room, now)
        if room.state != "open":
            raise RoomNotOpen


def ensure_can_strike(actor: Actor, room: RoomFacts, poll: PollFacts, now: datetime) -> None:
    """Hosts and moderators of the sector strike words from opened polls and restore them; raise NotHost or NoWordsHere."""
    actor.may_write(now, room.sector_id)
    if not can_strike(actor, room):
        raise NotHost
    if poll.kind != "words" or poll.state == "draft":
        raise NoWordsHere


def can_strike(actor: Actor, room: RoomFacts) -> bool:
    """Return whether the actor can strike words in the polls of a room."""
    return actor.hosts_at(room.gathering_id) or actor.moderates_in(room.sector_id)


def ensure_can_see_results(actor: Actor, room: RoomFacts, poll: PollFacts) -> None:
    """Hosts see results at any time; everyone else once they are public; raise ResultsHidden."""
    if not are_results_public(poll) and not actor.hosts_at(room.gathering_id):
        raise ResultsHidden


def are_results_public(poll: PollFacts) -> bool:
    """Return whether everyone can see the results: those of closed polls, and of open ones that reveal them live."""
    return poll.state == "closed" or (poll.state == "open" and poll.reveals == "live")


def validate_poll(poll: NewPoll) -> NewPoll:
    """Return the poll with tidy texts and complete settings; raise NoSplitOfWords, BadOptions or BadPollSettings."""
    if poll.by_group and poll.kind == "words":
        raise NoSplitOfWords(field="by_group")
    return NewPoll(
        kind=poll.kind,
        title=tidy(poll.title),
        options=_validated_options(poll),
        settings=_validated_settings(poll),
        reveals=poll.reveals,
        by_group=poll.by_group,
    )


def validate_ballot(poll: PollFacts, answer: Answer) -> Answer:
    """Return the answer in the form in which it is stored; raise BadAnswer."""
    if isinstance(answer, int):
        valid = _valid_choices(poll) if poll.kind in ("single", "scale") else range(0)
        if answer not in valid:
            raise BadAnswer(field="answer")
        return answer
    if poll.kind == "words":
        return list[int | str](_validated_words(poll, answer))
    most = poll.settings.most or 0 if poll.kind == "several" else len(poll.options)
    fits = poll.kind in ("several", "ranked") and 0 < len(answer) <= most
    if (
        not fits
        or len(set(answer)) < len(answer)
        or any(place not in _valid_choices(poll) for place in answer)
    ):
        raise BadAnswer(field="answer")
    # The order of a multiple choice is stored sorted, so that it reveals nothing about the member.
    return sorted(answer, key=int) if poll.kind == "several" else answer


def _valid_choices(poll: PollFacts) -> range:
    if poll.kind != "scale":
        return range(len(poll.options))
    return scale_points(poll.settings)


def _validated_words(poll: PollFacts, answer: list[int | str]) -> list[str]:
    words: dict[str, str] = {}
    for given in answer:
        word = normalize_word(given) if isinstance(given, str) else ""
        if not 0 < len(word) <= WORD_LENGTH or not is_visible(word):
            raise BadAnswer(
                translatable("A word has between 1 and %(most)s characters."),
                field="answer",
                most=WORD_LENGTH,
            )
        words.setdefault(word_key(word), word)
    if not 0 < len(words) <= (poll.settings.most or 0):
        raise BadAnswer(
            translatable("The maximum number of words is %(most)s."), field="answer", most=poll.settings.most
        )
    return list(words.values())


def _validated_options(poll: NewPoll) -> list[str]:
    options = [tidy(option) for option in poll.options]
    if poll.kind not in KINDS_WITH_OPTIONS:
        if options:
            raise BadOptions(translatable("This kind of poll has no options."), field="options")
        return []
    keys = {word_key(option) for option in options}
    if len(options) < 2 or len(keys) < len(options) or "" in keys:
        raise BadOptions(field="options", most=MOST_OPTIONS)
    return options


def _validated_settings(poll: NewPoll) -> PollSettings:
    given = poll.settings
    known = SETTINGS_BY_KIND.get(poll.kind, set())
    if any(getattr(given, name) not in (UNSET, "") and name not in known for name in given.__struct_fields__):
        raise BadPollSettings(field="settings")
    if poll.kind == "scale":
        low = 1 if given.low is UNSET else given.low
        high = 5 if given.high is UNSET else given.high
        if not low < high <= low + MAX_SCALE_LENGTH:
            raise BadPollSettings(
                translatable("A scale has between 2 and %(most)s points."),
                field="settings",
                most=MAX_SCALE_LENGTH + 1,
            )
        low_label, high_label = tidy(given.low_label), tidy(given.high_label)
        return PollSettings(low=low, high=high, low_label=low_label, high_label=high_label)
    if poll.kind in ("several", "words"):
        limit = len(poll.options) if poll.kind == "several" else MAX_WORDS
        usual = limit if poll.kind == "several" else 3
        most = usual if given.most is UNSET else given.most
        if most > limit:
            raise BadPollSettings(
                translatable("The maximum number of choices is %(most)s."), field="settings", most=limit
            )
        return PollSettings(most=most)
    return PollSettings()

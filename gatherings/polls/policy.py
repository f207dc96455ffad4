"""Who may do what with polls, what a poll can be and what answers it: pure rules, and the refusals they raise."""

from datetime import datetime

from msgspec import UNSET, Struct

from core.actor import Actor
from core.errors import Conflict, Denied, Invalid
from core.text import tidy
from gatherings.policy import NotHost, ensure_hosts
from gatherings.policy_rooms import ModuleOff, RoomFacts, RoomNotOpen
from gatherings.polls.results import PollFacts, points_of
from gatherings.polls.words import is_visible_word, normalize_word, word_key
from gatherings.shapes.polls import MOST_OPTIONS, WORD_LENGTH, Answer, NewPoll, PollSettings

MOST_POLLS = 50
LONGEST_SCALE = 20
MOST_WORDS = 10
# Where a poll may go from where it is.
POLL_TRANSITIONS = {"draft": {"open"}, "open": {"closed"}, "closed": {"open"}}
# What of the settings each kind has.
SETTINGS = {"several": {"most"}, "scale": {"low", "high", "low_label", "high_label"}, "words": {"most"}}
WITH_OPTIONS = {"single", "several", "ranked"}


class PollNotOpen(Conflict):
    """The poll is not open, or not any more."""

    message = "This poll is not open."


class PollBegun(Conflict):
    """People have seen the poll: what it asks stays as it is."""

    message = "This poll was opened already: its words stay as they are, and it is kept."


class PollCannotMove(Conflict):
    """There is no way from the poll's state to the one asked for."""

    message = "A poll is a draft, then open, then closed; a closed one can be opened again."


class PollMoved(Conflict):
    """The poll is not in the version given; `current` is how it is now."""

    message = "Somebody else dealt with this poll first."

    def __init__(self, current: Struct) -> None:
        self.current = current
        super().__init__()


class TooManyPolls(Conflict):
    """The room has as many polls as a room can have."""

    message = f"A room has {MOST_POLLS} polls at most. Delete a draft first."


class NoWordsHere(Conflict):
    """The poll is not one of open words, or nobody can have given any yet."""

    message = "Words are struck from polls of open words that have been opened."


class ResultsHidden(Denied):
    """The results are hidden until the poll is closed."""

    message = "The results are shown when this poll is closed."


class BadOptions(Invalid):
    """The options are too few, alike or empty, or the kind has none."""

    message = f"Give between 2 and {MOST_OPTIONS} different options."


class BadPollSettings(Invalid):
    """The settings are not those of this kind of poll."""

    message = "These settings do not fit this kind of poll."


class NoSplitOfWords(Invalid):
    """Open words cannot be told by group."""

    message = "Open words are not split by group: hardly any would be given by five people of one."


class BadAnswer(Invalid):
    """The answer is none that this poll takes."""

    message = "This is no answer to this poll."


class EmptyStrikeReason(Invalid):
    """No reason is given."""

    message = "Say why this word is taken out."


def ensure_can_prepare(actor: Actor, room: RoomFacts, now: datetime) -> None:
    """Hosts draft, change and delete polls, before, in and after the open room, where polls are on."""
    ensure_hosts(actor, room.gathering_id, now)
    if "polls" not in room.modules:
        raise ModuleOff


def ensure_is_draft(poll: PollFacts) -> None:
    """What people have seen is not changed under them."""
    if poll.state != "draft":
        raise PollBegun


def ensure_can_change_poll_state(
    actor: Actor, room: RoomFacts, poll: PollFacts, state: str, now: datetime
) -> None:
    """Hosts open polls in open rooms, and close them at any time."""
    ensure_hosts(actor, room.gathering_id, now)
    if state not in POLL_TRANSITIONS[poll.state]:
        raise PollCannotMove
    if state == "open":
        ensure_can_prepare(actor, room, now)
        if room.state != "open":
            raise RoomNotOpen


def ensure_can_strike(actor: Actor, room: RoomFacts, poll: PollFacts, now: datetime) -> None:
    """Hosts and moderators of the sector take words out of the results, and put them back."""
    actor.may_write(now, room.sector_id)
    if not may_strike(actor, room):
        raise NotHost
    if poll.kind != "words" or poll.state == "draft":
        raise NoWordsHere


def may_strike(actor: Actor, room: RoomFacts) -> bool:
    """Whether somebody has the duty to strike words in a room."""
    return actor.hosts_at(room.gathering_id) or actor.moderates_in(room.sector_id)


def ensure_can_see_results(actor: Actor, room: RoomFacts, poll: PollFacts) -> None:
    """Hosts look ahead; everyone else sees results once the poll is closed, or as they come where it reveals them."""
    if not are_revealed(poll) and not actor.hosts_at(room.gathering_id):
        raise ResultsHidden


def are_revealed(poll: PollFacts) -> bool:
    """Whether the results can be seen by everyone."""
    return poll.state == "closed" or (poll.state == "open" and poll.reveals == "live")


def checked(poll: NewPoll) -> NewPoll:
    """The poll with its words tidy and its settings whole, if one can be taken with it."""
    if poll.by_group and poll.kind == "words":
        raise NoSplitOfWords(field="by_group")
    return NewPoll(
        kind=poll.kind,
        title=tidy(poll.title),
        options=_options(poll),
        settings=_settings(poll),
        reveals=poll.reveals,
        by_group=poll.by_group,
    )


def validate_ballot(poll: PollFacts, answer: Answer) -> Answer:
    """The answer as it is kept, if this poll takes it."""
    if isinstance(answer, int):
        takes = _range(poll) if poll.kind in ("single", "scale") else range(0)
        if answer not in takes:
            raise BadAnswer(field="answer")
        return answer
    if poll.kind == "words":
        return list[int | str](_words(poll, answer))
    most = poll.settings.most or 0 if poll.kind == "several" else len(poll.options)
    fits = poll.kind in ("several", "ranked") and 0 < len(answer) <= most
    if not fits or len(set(answer)) < len(answer) or any(place not in _range(poll) for place in answer):
        raise BadAnswer(field="answer")
    # Of several the order says nothing, and so tells nothing.
    return sorted(answer, key=int) if poll.kind == "several" else answer


def _range(poll: PollFacts) -> range:
    if poll.kind != "scale":
        return range(len(poll.options))
    return points_of(poll.settings)


def _words(poll: PollFacts, answer: list[int | str]) -> list[str]:
    words: dict[str, str] = {}
    for given in answer:
        word = normalize_word(given) if isinstance(given, str) else ""
        if not 0 < len(word) <= WORD_LENGTH or not is_visible_word(word):
            raise BadAnswer(f"A word has between 1 and {WORD_LENGTH} characters.", field="answer")
        words.setdefault(word_key(word), word)
    if not 0 < len(words) <= (poll.settings.most or 0):
        raise BadAnswer(f"Give at most {poll.settings.most} words.", field="answer")
    return list(words.values())


def _options(poll: NewPoll) -> list[str]:
    options = [tidy(option) for option in poll.options]
    if poll.kind not in WITH_OPTIONS:
        if options:
            raise BadOptions("This kind of poll has no options.", field="options")
        return []
    keys = {word_key(option) for option in options}
    if len(options) < 2 or len(keys) < len(options) or "" in keys:
        raise BadOptions(field="options")
    return options


def _settings(poll: NewPoll) -> PollSettings:
    given = poll.settings
    known = SETTINGS.get(poll.kind, set())
    if any(getattr(given, name) not in (UNSET, "") and name not in known for name in given.__struct_fields__):
        raise BadPollSettings(field="settings")
    if poll.kind == "scale":
        low = 1 if given.low is UNSET else given.low
        high = 5 if given.high is UNSET else given.high
        if not low < high <= low + LONGEST_SCALE:
            raise BadPollSettings(f"A scale has between 2 and {LONGEST_SCALE + 1} points.", field="settings")
        low_label, high_label = tidy(given.low_label), tidy(given.high_label)
        return PollSettings(low=low, high=high, low_label=low_label, high_label=high_label)
    if poll.kind in ("several", "words"):
        limit = len(poll.options) if poll.kind == "several" else MOST_WORDS
        usual = limit if poll.kind == "several" else 3
        most = usual if given.most is UNSET else given.most
        if most > limit:
            raise BadPollSettings(f"At most {limit} can be chosen here.", field="settings")
        return PollSettings(most=most)
    return PollSettings()

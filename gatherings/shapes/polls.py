"""The Structs of polls: drafting, opening and closing them, ballots, results and struck words."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from core.text import NO_CONTROLS, ONE_LINE, Title
from gatherings.shapes.fields import Version

PollKind = Literal["single", "several", "ranked", "scale", "words"]
PollState = Literal["draft", "open", "closed"]
PollReveals = Literal["live", "closed"]

MOST_OPTIONS = 20
WORD_LENGTH = 40

Option = Annotated[str, Meta(min_length=1, max_length=200, pattern=ONE_LINE)]
Options = Annotated[list[Option], Meta(max_length=MOST_OPTIONS)]
SomeOptions = Annotated[list[Option], Meta(min_length=2, max_length=MOST_OPTIONS)]
Label = Annotated[str, Meta(max_length=60, pattern=ONE_LINE)]
Most = Annotated[int, Meta(ge=1, le=MOST_OPTIONS)]
Point = Annotated[int, Meta(ge=-10, le=100)]
# Longer than a word may be, because spaces at both ends are removed before the length is checked.
Word = Annotated[str, Meta(min_length=1, max_length=2 * WORD_LENGTH, pattern=NO_CONTROLS)]
Chosen = Annotated[int, Meta(ge=-10, le=100)]
Answer = Chosen | Annotated[list[Chosen | Word], Meta(max_length=MOST_OPTIONS)]


class PollSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The settings that only some kinds of poll have.

    `most`: the maximum number of options or words of a ballot. `low` and `high`: the ends of a scale, with their labels.
    """

    most: Most | UnsetType = UNSET
    low: Point | UnsetType = UNSET
    high: Point | UnsetType = UNSET
    low_label: Label = ""
    high_label: Label = ""


class NewPoll(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A poll to draft."""

    kind: PollKind
    title: Title
    options: Options = field(default_factory=list)
    settings: PollSettings = PollSettings()
    reveals: PollReveals = "closed"
    by_group: bool = False


class PollChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a draft to change; fields that are left out stay as they are."""

    title: Title | UnsetType = UNSET
    options: SomeOptions | UnsetType = UNSET
    settings: PollSettings | UnsetType = UNSET
    reveals: PollReveals | UnsetType = UNSET
    by_group: bool | UnsetType = UNSET


class PollMove(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The new state of a poll, and the version of the poll that the client has read."""

    state: PollState
    version: Version


class Ballot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ballot to store; null withdraws it.

    `single`: the index of an option, from 0. `several`: indexes. `ranked`: any number of indexes, the best first.
    `scale`: a point. `words`: words.
    """

    answer: Answer | None


class BallotSet(Struct, frozen=True):
    """The number of ballots of a poll and the member's own ballot, after a ballot was stored."""

    poll: int
    ballots: int
    my_answer: int | list[int | str] | None


class Strike(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reason for striking a word from the results."""

    reason: Annotated[str, Meta(min_length=1, max_length=300, pattern=NO_CONTROLS)]


class Struck(Struct, frozen=True):
    """A word that was struck from the results, and why."""

    word: str
    reason: str


class WordGroup(Struct, frozen=True):
    """A word in its most frequent spelling, how many people gave it, and its other spellings."""

    word: str
    count: int
    forms: list[str] = field(default_factory=list)


class PollResults(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The results of a poll, which never say who gave which answer.

    `counts`: per option, or per point of a scale; in a ranked poll, how often an option came first. `points`: the Borda
    count of a ranked poll (with n options, the first of a ballot gets n - 1 points, the second n - 2, an option that is
    left out none). `groups`: `counts` per stakeholder group, once the poll is closed; null where the cell is suppressed
    because it stands for too few people.
    """

    ballots: int
    counts: list[int] | UnsetType = UNSET
    points: list[int] | UnsetType = UNSET
    mean: float | None | UnsetType = UNSET
    median: float | None | UnsetType = UNSET
    words: list[WordGroup] | UnsetType = UNSET
    more_words: int | UnsetType = UNSET
    struck: int | UnsetType = UNSET
    groups: dict[str, list[int | None]] | UnsetType = UNSET
    struck_words: list[Struck] | UnsetType = UNSET


class Poll(Struct, frozen=True, kw_only=True):
    """A poll.

    `results` is null for everyone while the results are hidden; hosts can read hidden results at `/polls/{id}/results`.
    `my_answer` is personal: events, which go to many readers, leave it out.
    """

    id: int
    room: int
    kind: PollKind
    title: str
    options: list[str]
    settings: PollSettings
    state: PollState
    reveals: PollReveals
    by_group: bool
    version: int
    ballots: int
    results: PollResults | None
    my_answer: int | list[int | str] | None | UnsetType = UNSET


class GonePoll(Struct, frozen=True):
    """The event content for hosts when a draft poll was deleted."""

    id: int
    room: int
    state: Literal["deleted"] = "deleted"


class PollList(Struct, frozen=True):
    """All polls of a room, in the order in which they were drafted."""

    items: list[Poll]
    next: str | None = None

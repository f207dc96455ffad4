"""What comes in and goes out of polls."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from core.text import NO_CONTROLS, ONE_LINE, Title

Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]
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
# A little longer than a word: what is only blank at its ends is cut off first.
Word = Annotated[str, Meta(min_length=1, max_length=2 * WORD_LENGTH, pattern=NO_CONTROLS)]
Chosen = Annotated[int, Meta(ge=-10, le=100)]
Answer = Chosen | Annotated[list[Chosen | Word], Meta(max_length=MOST_OPTIONS)]


class PollSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What only some kinds have. `most`: how many options one chooses, or how many words one gives. The others: the
    ends of a scale, and what they mean."""

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
    """What of a draft to change."""

    title: Title | UnsetType = UNSET
    options: SomeOptions | UnsetType = UNSET
    settings: PollSettings | UnsetType = UNSET
    reveals: PollReveals | UnsetType = UNSET
    by_group: bool | UnsetType = UNSET


class PollMove(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state a poll goes to, and the version it was looked at in."""

    state: PollState
    version: Version


class Ballot(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One's answer as it shall be; null takes it back.

    `single`: the place of an option, from 0. `several`: places. `ranked`: places, the best first, as many as one likes.
    `scale`: a point. `words`: words.
    """

    answer: Answer | None


class BallotSet(Struct, frozen=True):
    """How a poll stands after a ballot."""

    poll: int
    ballots: int
    my_answer: int | list[int | str] | None


class Strike(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a word is taken out of the results."""

    reason: Annotated[str, Meta(min_length=1, max_length=300, pattern=NO_CONTROLS)]


class Struck(Struct, frozen=True):
    """A word that was taken out of the results, and why."""

    word: str
    reason: str


class WordGroup(Struct, frozen=True):
    """A word as most wrote it, how many people gave it, and how else it was written."""

    word: str
    count: int
    forms: list[str] = field(default_factory=list)


class PollResults(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What people answered, never who.

    `counts`: by option, or by point of a scale; of a ranked poll, how often an option came first. `points`: of a ranked
    poll, by Borda: of n options the first of a ballot gets n - 1 points, the second n - 2, those it leaves out none.
    `groups`: `counts` by stakeholder group, once the poll is closed; null is too few people to tell.
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
    """A poll. `results` is null as long as they are hidden; what is hidden is hidden from everyone here, while hosts may
    look ahead at `/polls/{id}/results`. `my_answer` is one's own: events, which are made for many, leave it out."""

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
    """What hosts are told of a draft that was deleted."""

    id: int
    room: int
    state: Literal["deleted"] = "deleted"


class PollList(Struct, frozen=True):
    """All polls of a room, in the order in which they were made."""

    items: list[Poll]
    next: str | None = None

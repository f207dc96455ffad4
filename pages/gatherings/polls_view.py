"""The values of polls on pages: ballots, results as bars and words, and the form for a draft."""

from collections.abc import Mapping
from typing import Any, get_args

import msgspec
from markupsafe import Markup
from msgspec import UNSET, Struct, UnsetType

from core import clock
from core.actor import Actor
from core.errors import allowed
from core.ids import PollId
from core.languages.formats import list_in, number_in
from core.languages.texts import current_language, gettext, translatable
from gatherings.policy_rooms import RoomFacts, WriterFacts, ensure_can_write
from gatherings.polls.caught_words import CAUGHT
from gatherings.polls.policy import can_strike, ensure_can_prepare
from gatherings.polls.reading import read_results, show_polls
from gatherings.rooms.participation import get_writer
from gatherings.shapes.polls import (
    NewPoll,
    Poll,
    PollChange,
    PollKind,
    PollResults,
    PollSettings,
    Struck,
    WordGroup,
)
from pages.shell.forms import Form, Typed, text_in, to_shape
from storage.database import Reader

KINDS: tuple[tuple[PollKind, str], ...] = (
    ("single", translatable("Single choice")),
    ("several", translatable("Multiple choice")),
    # NOTE: A kind of poll: each person puts the options in order.
    ("ranked", translatable("Ranking")),
    # NOTE: A kind of poll: each person chooses a point between two ends.
    ("scale", translatable("Scale")),
    ("words", translatable("Word cloud")),
)


class ResultBar(Struct, frozen=True):
    """A row of results: people (`count`), points of a ranking, and the length of the bar in per cent (`part`)."""

    place: int
    label: str
    count: int
    part: int
    points: int | None = None


class GroupResult(Struct, frozen=True):
    """A row of the results by stakeholder group; a cell is None where the number must not be shown."""

    name: str
    cells: list[int | None]


class PollView(Struct, frozen=True, kw_only=True):
    """A poll for one viewer; `is_early` means that only hosts can see its results now."""

    poll: Poll
    is_early: bool
    results: PollResults | None
    bars: list[ResultBar]
    words: list[tuple[WordGroup, int]]
    groups: list[GroupResult]
    struck: list[Struck]
    points: range

    @property
    def chosen(self) -> list[Any]:
        """Return the viewer's own answer as a list."""
        mine = self.poll.my_answer
        if mine is None or mine is UNSET:
            return []
        return mine if isinstance(mine, list) else [mine]

    def spellings(self, group: WordGroup) -> Markup:
        """Return the other spellings of a word as a list, each with a direction of its own."""
        forms = [Markup("<bdi>{}</bdi>").format(form) for form in group.forms]
        return Markup(list_in(current_language(), forms, "unit"))


class PollsView(Struct, frozen=True, kw_only=True):
    """The polls of a room for one viewer, and what the viewer can do."""

    room: int
    polls: list[PollView]
    can_answer: bool
    is_host: bool
    can_prepare: bool
    can_strike: bool
    form: Form
    editing: int | None


def sample_polls(room: int) -> list[PollView]:
    """Return a sample of each kind, from which the page's script builds polls that are opened later."""
    return [_sample_poll(room, kind) for kind in get_args(PollKind)]


async def view_polls(
    tx: Reader,
    actor: Actor,
    room: RoomFacts,
    groups: Mapping[str, str],
    form: Form,
    editing: int | None = None,
) -> PollsView:
    """Return the polls of a room: open ones first, then drafts, then closed ones, each newest first."""
    found = await show_polls(tx, actor, room)
    is_host, now = actor.hosts_at(room.gathering_id), clock.now()
    writer = await get_writer(tx, actor, room) if actor.id else WriterFacts()
    order = {"open": 0, "draft": 1, "closed": 2}
    found.sort(key=lambda poll: (order[poll.state], -poll.id))
    return PollsView(
        room=room.id,
        polls=[await _view(tx, actor, room, poll, groups) for poll in found],
        can_answer=allowed(ensure_can_write, actor, room, "polls", writer, now),
        is_host=is_host,
        can_prepare=allowed(ensure_can_prepare, actor, room, now),
        can_strike=actor.id is not None and can_strike(actor, room),
        form=form,
        editing=editing,
    )


def in_words(struck: Struck) -> Struck:
    """Return a struck word for its reader: the reason that the filter gives is stored in English, others are hosts'."""
    return Struck(struck.word, gettext(CAUGHT)) if struck.reason == CAUGHT else struck


def answer_in(typed: Typed, poll: Poll) -> Any:
    """Return the answer in a ballot form, or None to withdraw the answer."""
    if text_in(typed, "take"):
        return None
    if poll.kind == "words":
        return [word for word in typed.get("word", ()) if word.strip()]
    if poll.kind == "ranked":
        ranks = [(_number(text_in(typed, f"rank-{place}")), place) for place in range(len(poll.options))]
        given = sorted((rank, place) for rank, place in ranks if isinstance(rank, int))
        # A rank that is used twice is refused by the rule: repeating the options makes them invalid there.
        twice = len({rank for rank, _ in given}) < len(given)
        return [place for _, place in given] * (2 if twice else 1)
    chosen = [_number(value) for value in typed.get("choice", ())]
    return chosen if poll.kind == "several" else (chosen or [""])[0]


def poll_in(typed: Typed, kind: str = "") -> NewPoll:
    """Return the poll that a form describes; the kind of a draft cannot change."""
    kind = kind or text_in(typed, "kind")
    settings: dict[str, Any] = {}
    for name in {"several": ("most",), "words": ("most",), "scale": ("low", "high")}.get(kind, ()):
        if text_in(typed, name).strip():
            settings[name] = _number(text_in(typed, name))
    if kind == "scale":
        settings |= {name: text_in(typed, name) for name in ("low_label", "high_label")}
    lines = text_in(typed, "options").split("\n") if kind in ("single", "several", "ranked") else []
    facts = {
        "kind": kind,
        "title": text_in(typed, "title"),
        "options": [line.strip() for line in lines if line.strip()],
        "settings": settings,
        "reveals": "live" if text_in(typed, "live") else "closed",
        "by_group": bool(text_in(typed, "by_group")),
    }
    return to_shape(NewPoll, facts)


def change_of(new: NewPoll) -> PollChange:
    """Return the form of a draft as a change."""
    return PollChange(
        title=new.title,
        options=new.options,
        settings=new.settings,
        reveals=new.reveals,
        by_group=new.by_group,
    )


def draft_form(poll: Poll) -> Form:
    """Return the form filled from a draft."""
    given = msgspec.to_builtins(poll.settings)
    typed = {name: [str(value)] for name, value in given.items()}
    typed |= {"kind": [poll.kind], "title": [poll.title], "options": ["\n".join(poll.options)]}
    typed |= {"live": ["1"] if poll.reveals == "live" else [], "by_group": ["1"] if poll.by_group else []}
    return Form(typed=typed, version=poll.version)


def _sample_poll(room: int, kind: PollKind) -> PollView:
    options = ["", ""] if kind in ("single", "several", "ranked") else []
    settings = (
        PollSettings(most=1, low=0, high=1) if kind != "scale" else PollSettings(low=0, high=1, low_label=" ")
    )
    results = PollResults(ballots=0, counts=[0, 0], points=[0, 0], mean=None, median=None, words=[])
    if kind == "words":
        results = PollResults(ballots=0, words=[])
    elif kind != "ranked":
        results = PollResults(ballots=0, counts=[0, 0], mean=None, median=None)
    poll = Poll(
        id=0, room=room, kind=kind, title="", options=options, settings=settings, state="open", reveals="live",
        by_group=True, version=0, ballots=0, results=results, my_answer=None,
    )  # fmt: skip
    return PollView(
        poll=poll,
        is_early=False,
        results=results,
        bars=_bars(poll, results),
        words=[],
        groups=[],
        struck=[],
        points=range(2),
    )


async def _view(tx: Reader, actor: Actor, room: RoomFacts, poll: Poll, groups: Mapping[str, str]) -> PollView:
    results, struck = poll.results, list[Struck]()
    is_early = poll.state == "open" and results is None and actor.hosts_at(room.gathering_id)
    if is_early or (results is not None and poll.kind == "words" and actor.id and can_strike(actor, room)):
        results = await read_results(tx, actor, PollId(poll.id))
        struck = [in_words(one) for one in results.struck_words or []]
    words = (results.words or []) if results else []
    most = max((group.count for group in words), default=1)
    split = (results.groups or {}) if results else {}
    low, high = poll.settings.low or 0, poll.settings.high or 0
    return PollView(
        poll=poll,
        is_early=is_early,
        results=results,
        bars=_bars(poll, results) if results else [],
        words=[(group, 1 + round(4 * group.count / most)) for group in words],
        groups=[GroupResult(groups.get(name, name), cells) for name, cells in split.items()],
        struck=struck,
        points=range(low, high + 1),
    )


def _bars(poll: Poll, results: PollResults) -> list[ResultBar]:
    if results.counts is UNSET:
        return []
    low = 0 if isinstance(poll.settings.low, UnsetType) else poll.settings.low
    labels = poll.options or [
        number_in(current_language(), low + place) for place in range(len(results.counts))
    ]
    points = results.points or None
    tops = max(points or [], default=0) or 1
    of = results.ballots or 1
    bars = [
        ResultBar(
            place,
            label,
            count,
            round(100 * (points[place] / tops if points else count / of)),
            points[place] if points else None,
        )
        for place, (label, count) in enumerate(zip(labels, results.counts, strict=True))
    ]
    if poll.kind == "ranked":
        bars.sort(key=lambda bar: (-(bar.points or 0), bar.place))
    return bars


def _number(text: str) -> int | str:
    text = text.strip()
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else text

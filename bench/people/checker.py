"""The checker: what must hold of every client's view and of everything that was acknowledged. Nothing here does I/O.

It is given what the clients heard (`History`), what they were answered (`Ledger`), each client's view at the end, and
what a fresh read says (`Fresh`); each complaint it returns is one broken promise.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from bench.people.views import THINGS, Facts, View

# One's own, or true only of the moment of a list.
PERSONAL = frozenset({"mine", "my_vote", "my_answer", "my_thanks", "rank"})
# What a view may still know and a list does not show.
GONE = frozenset(
    {"dismissed", "withdrawn", "hidden", "held", "pending", "merged", "expired", "deleted", "draft"}
)
ONCE = frozenset({"question_asked", "notice_posted"})
WITHHELD = "withheld"


class Fresh(Struct, frozen=True, kw_only=True):
    """What a room is when it is read anew at the end, by one of an audience."""

    seq: int
    things: Mapping[str, Mapping[int, Facts]]
    counts: Facts | None = None
    columns: Any = None


class History(Struct):
    """What the clients of one room heard together: each number, once, and what it was about."""

    said: dict[int, str] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    reordered: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    def hear(self, seq: int, about: str) -> None:
        """Somebody heard of this under this number; all others must have heard the same, or that it is withheld."""
        known = self.said.get(seq)
        if known == about or about == WITHHELD:
            return
        if known is not None:
            self.reordered.append(f"{seq} was {known} and is {about}")
            return
        self.said[seq] = about
        kind, _, thing = about.partition(" ")
        if kind in ONCE and about in self.first:
            self.doubled.append(f"{about} came as {self.first[about]} and {seq}")
        self.first.setdefault(about, seq)
        self.first.setdefault(thing, seq)


class Sent(Struct, frozen=True):
    """A write that was acknowledged: what it made, when it was first sent and when the answer came, its body, and
    whether the first attempt was answered."""

    thing: str
    sent: float
    acked: float
    body: str
    at_once: bool = True


class Ledger(Struct):
    """What was acknowledged, by the clients that were answered. `given` holds votes and ballots by what they are for and
    whose they are: 1 or an answer, None if taken back. `unsure` are those that were refused after an attempt without an
    answer: they may have happened or not."""

    made: list[Sent] = field(default_factory=list)
    given: dict[tuple[str, str], Any] = field(default_factory=dict)
    unsure: set[tuple[str, str]] = field(default_factory=set)
    moves: list[tuple[int, int, str]] = field(default_factory=list)


def compare(view: View, fresh: Fresh, history: History) -> list[str]:
    """What a client shows otherwise than a fresh read; nothing if it lost nothing."""
    wrong = [] if view.seq == fresh.seq else [f"stands at {view.seq}, the room at {fresh.seq}"]
    for kind in THINGS:
        mine, theirs = view.things[kind], fresh.things.get(kind, {})
        for number, facts in theirs.items():
            if number in mine:
                wrong += _differences(f"{kind}:{number}", mine[number], facts, view)
            elif kind in view.whole or history.first.get(f"{kind}:{number}", view.base + 1) > view.base:
                wrong.append(f"{kind}:{number} is lost")
        gone = (
            number for number, facts in mine.items() if number not in theirs and facts["state"] not in GONE
        )
        wrong += [f"{kind}:{number} is not there any more" for number in gone]
    for name in ("counts", "columns"):
        if getattr(view, name) != getattr(fresh, name):
            wrong.append(f"{name}: {getattr(view, name)} and not {getattr(fresh, name)}")
    return wrong


def _differences(name: str, mine: Facts, fresh: Facts, view: View) -> list[str]:
    shown = mine
    if name.startswith("question:"):
        shown = mine | {"votes": view.votes.get(name.partition(":")[2], mine["votes"])}
    wrong = []
    for key in (fresh.keys() | shown.keys()) - PERSONAL:
        if shown.get(key) != fresh.get(key):
            wrong.append(f"{name} {key}: {shown.get(key)!r:.60} and not {fresh.get(key)!r:.60}")
    return wrong


def find_missing(made: Iterable[Sent], fresh: Fresh) -> list[str]:
    """What was acknowledged and is not there, or says something else."""
    there = {
        f"{kind}:{number}": facts for kind in THINGS for number, facts in fresh.things.get(kind, {}).items()
    }
    return [
        one.thing
        for one in made
        if one.thing not in there or there[one.thing].get("body", one.body) != one.body
    ]


def find_twins(made: Iterable[Sent], fresh: Fresh) -> list[str]:
    """Texts that are there more than once; each was sent by one person once."""
    mine = {one.body for one in made}
    bodies = Counter(facts.get("body") for kind in THINGS for facts in fresh.things.get(kind, {}).values())
    return [body for body, times in bodies.items() if times > 1 and body in mine]


def find_reordered(made: Sequence[Sent], history: History) -> list[str]:
    """What was sent after the answer to something else, and yet came before it."""
    placed = [(history.first[one.thing], one) for one in made if one.thing in history.first]
    answered = sorted(placed, key=lambda item: item[1].acked)
    wrong, at, highest = [], 0, (0, "")
    for seq, one in sorted(placed, key=lambda item: item[1].sent):
        while at < len(answered) and answered[at][1].acked < one.sent:
            highest = max(highest, (answered[at][0], answered[at][1].thing))
            at += 1
        if seq < highest[0]:
            wrong.append(f"{one.thing} came before {highest[1]}")
    return wrong


def find_miscounted(ledger: Ledger, fresh: Fresh) -> list[str]:
    """Questions and polls whose numbers are not those of the people whose votes and ballots were acknowledged."""
    people = Counter(thing for (thing, _), value in ledger.given.items() if value is not None)
    unsure = Counter(thing for thing, _ in ledger.unsure)
    wrong = []
    for kind, counter in (("question", "votes"), ("poll", "ballots")):
        for number, facts in fresh.things.get(kind, {}).items():
            name, counted = f"{kind}:{number}", facts[counter]
            if abs(counted - people[name]) > unsure[name]:
                wrong.append(f"{name} counts {counted}, acknowledged were {people[name]}")
            if kind == "poll" and not unsure[name]:
                wrong += _miscounted_answers(name, facts, ledger)
    return wrong


def _miscounted_answers(name: str, facts: Facts, ledger: Ledger) -> list[str]:
    if facts["kind"] != "single" or not facts.get("results"):
        return []
    given = Counter(
        answer for (thing, _), answer in ledger.given.items() if thing == name and answer is not None
    )
    wanted = [given[place] for place in range(len(facts["options"]))]
    counts = facts["results"]["counts"]
    return [] if counts == wanted else [f"{name} has {counts}, acknowledged were {wanted}"]


def find_lost_updates(moves: Iterable[tuple[int, int, str]]) -> list[str]:
    """Questions of which two hosts were told that the same next version was theirs, though they wanted different things."""
    wanted: dict[tuple[int, int], set[str]] = {}
    for number, version, state in moves:
        wanted.setdefault((number, version), set()).add(state)
    return [
        f"question:{key[0]} version {key[1]}: {states}" for key, states in wanted.items() if len(states) > 1
    ]

"""Threads: which mail answers which, from what mails say of each other, and from their subjects where that is lost."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush

from msgspec import Struct

REMEMBERED = timedelta(days=60)

_AGAIN = re.compile(
    r"\s*(?:re|aw|antw|antwort|sv|vs|ref|rép|rv|tr|odp|fwd?|wg|enc|i|r)\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s*[:：]\s*",
    re.I,
)
_LIST = re.compile(r"\s*\[[^\[\]]{1,60}\]\s*")
_SPACES = re.compile(r"\s+")


class Node(Struct, frozen=True, kw_only=True):
    """What threading needs of a mail; `topic` is where it is already, if it is."""

    id: str
    parents: tuple[str, ...]
    subject: str
    at: datetime
    topic: int | None = None


class Thread(Struct, frozen=True, kw_only=True):
    """Mails that belong together, as positions in what was given: each after the one it answers, else by time."""

    topic: int | None
    order: tuple[int, ...]


class Woven(Struct, frozen=True):
    """All threads in the order of their first mails; whom each mail answers; which mail waits for one that is not there
    (one for each, so that weaving on later finds the same); and what was made good, mail by mail."""

    threads: list[Thread]
    parents: list[int | None]
    awaited: dict[str, int]
    remarks: list[tuple[int, str]]


def bare_subject(subject: str) -> str:
    """A subject as it is compared: without Re: and [list], in one case."""
    subject, _ = _strip(subject)
    return _SPACES.sub(" ", subject).strip().casefold()


def is_answer(subject: str) -> bool:
    """Whether a subject says that this is an answer."""
    return _strip(subject)[1]


def title_of(subject: str) -> str:
    """A subject as the title of a topic: without the Re: in front."""
    stripped = subject
    while found := _AGAIN.match(stripped):
        stripped = stripped[found.end() :]
    return stripped.strip() or "(no subject)"


def weave(nodes: Sequence[Node], awaited: dict[str, int] | None = None) -> Woven:
    """Put mails into threads. `awaited` says which given mail already waits for a mail of that id."""
    return _Loom(nodes, awaited or {}).weave()


def _strip(subject: str) -> tuple[str, bool]:
    is_again = False
    while found := _AGAIN.match(subject) or _LIST.match(subject):
        if found.end() == len(subject) and found.re is _LIST:
            break
        is_again = is_again or found.re is _AGAIN
        subject = subject[found.end() :]
    return subject, is_again


class _Loom:
    """The state of weaving: threads grow together as links are found."""

    def __init__(self, nodes: Sequence[Node], awaited: dict[str, int]) -> None:
        self.nodes = nodes
        self.known = {node.id: i for i, node in reversed(list(enumerate(nodes)))}
        self.awaited = dict(awaited)
        self.parents: list[int | None] = [None] * len(nodes)
        self.remarks: list[tuple[int, str]] = []
        self.up = list(range(len(nodes)))
        self.latest: dict[str, int] = {}

    def weave(self) -> Woven:
        first_in: dict[int, int] = {}
        for i, node in enumerate(self.nodes):
            if node.topic is not None:
                self.up[self.root(i)] = self.root(first_in.setdefault(node.topic, i))
        for i in sorted(range(len(self.nodes)), key=lambda i: (self.nodes[i].at, i)):
            if self.nodes[i].topic is None:
                self.link(i)
            subject = bare_subject(self.nodes[i].subject)
            if subject:
                self.latest[subject] = i
        return Woven(self.threads(), self.parents, self.awaited, self.remarks)

    def root(self, i: int) -> int:
        while self.up[i] != i:
            self.up[i] = self.up[self.up[i]]
            i = self.up[i]
        return i

    def link(self, i: int) -> None:
        node = self.nodes[i]
        for parent in node.parents:
            target = self.known.get(parent)
            if target is None:
                continue
            if self.root(target) == i or self.root(target) == self.root(i):
                self.remarks.append((i, "loop of references"))
                continue
            self.parents[i] = target
            self.up[self.root(i)] = self.root(target)
            return
        beside = self.beside(i)
        for parent in node.parents:
            if parent not in self.known:
                self.awaited.setdefault(parent, i)
        if beside is not None and self.root(beside) != self.root(i):
            self.up[self.root(i)] = self.root(beside)

    def beside(self, i: int) -> int | None:
        # The mail answered is not here. It may have other answers, or be known by its subject, or answers may be here
        # already that wait for this one.
        node = self.nodes[i]
        for wanted in (*node.parents, node.id):
            if wanted in self.awaited:
                return self.awaited[wanted]
        if not node.parents and not is_answer(node.subject):
            return None
        target = self.latest.get(bare_subject(node.subject))
        if target is not None and node.at - self.nodes[target].at <= REMEMBERED:
            self.remarks.append((i, "joined by subject"))
            return target
        if any(parent not in self.known for parent in node.parents):
            self.remarks.append((i, "the mail it answers is missing"))
        return None

    def threads(self) -> list[Thread]:
        groups: dict[int, list[int]] = {}
        for i in range(len(self.nodes)):
            groups.setdefault(self.root(i), []).append(i)
        threads = []
        for members in groups.values():
            topic = next((t for i in members if (t := self.nodes[i].topic) is not None), None)
            threads.append(Thread(topic=topic, order=tuple(self.ordered(members))))
        return sorted(threads, key=lambda thread: (self.nodes[thread.order[0]].at, thread.order[0]))

    def ordered(self, members: list[int]) -> list[int]:
        # By time, except that nobody speaks before the one who is answered, whatever their clocks said.
        children: dict[int, list[int]] = {}
        ready: list[tuple[datetime, int]] = []
        for i in members:
            parent = self.parents[i]
            if parent is None:
                heappush(ready, (self.nodes[i].at, i))
            else:
                children.setdefault(parent, []).append(i)
        order = []
        while ready:
            at, i = heappop(ready)
            order.append(i)
            for child in children.get(i, ()):
                heappush(ready, (max(at, self.nodes[child].at), child))
        return order

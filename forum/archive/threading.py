"""Threading: groups messages by what they reply to, and by their subjects if that information is lost.

The method follows Jamie Zawinski's algorithm for message threading: message ids first, then normalized subjects.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush

from msgspec import Struct

from forum.archive.subjects import is_reply_subject, normalize_subject

# A reply with the same subject joins the latest message with this subject if that is at most this old.
SUBJECT_REMEMBERED_FOR = timedelta(days=60)


class MessageHeaders(Struct, frozen=True, kw_only=True):
    """The headers of a message that threading needs; `topic` is the id of its topic if it was imported before.

    `conversation` is what the mails of a conversation share in Outlook, with `+` before that of a reply.
    """

    id: str
    parents: tuple[str, ...]
    subject: str
    at: datetime
    topic: int | None = None
    conversation: str = ""


class Thread(Struct, frozen=True, kw_only=True):
    """Messages of one thread as positions in the input: each after its parent, otherwise in the order of time."""

    topic: int | None
    order: tuple[int, ...]


class ThreadingResult(Struct, frozen=True):
    """All threads in the order of their first messages, and how the messages belong together.

    `parents` is the position of each message's parent, or None. `awaited` maps the id of each missing message to the
    position of one message that replies to it, so that a later import finds the thread. `remarks` are (position, remark).
    """

    threads: list[Thread]
    parents: list[int | None]
    awaited: dict[str, int]
    remarks: list[tuple[int, str]]


def group_into_threads(
    messages: Sequence[MessageHeaders], awaited: dict[str, int] | None = None
) -> ThreadingResult:
    """Group messages into threads; `awaited` maps the ids of missing messages to the position of a message that replies."""
    return _ThreadBuilder(messages, awaited or {}).build()


class _ThreadBuilder:
    """Joins messages into threads with a disjoint-set forest: `up` leads from each position to the root of its thread."""

    def __init__(self, messages: Sequence[MessageHeaders], awaited: dict[str, int]) -> None:
        self.messages = messages
        self.position_of = {message.id: i for i, message in reversed(list(enumerate(messages)))}
        self.awaited = dict(awaited)
        self.parents: list[int | None] = [None] * len(messages)
        self.remarks: list[tuple[int, str]] = []
        self.up = list(range(len(messages)))
        self.latest_by_subject: dict[str, int] = {}
        self.latest_by_conversation: dict[str, int] = {}

    def build(self) -> ThreadingResult:
        first_of_topic: dict[int, int] = {}
        for i, message in enumerate(self.messages):
            if message.topic is not None:
                self.join(i, first_of_topic.setdefault(message.topic, i))
        for i in sorted(range(len(self.messages)), key=lambda i: (self.messages[i].at, i)):
            if self.messages[i].topic is None:
                self.link(i)
            if conversation := self.messages[i].conversation.lstrip("+"):
                self.latest_by_conversation[conversation] = i
            subject = normalize_subject(self.messages[i].subject)
            if subject:
                self.latest_by_subject[subject] = i
        return ThreadingResult(self.threads(), self.parents, self.awaited, self.remarks)

    def root(self, i: int) -> int:
        while self.up[i] != i:
            self.up[i] = self.up[self.up[i]]
            i = self.up[i]
        return i

    def join(self, i: int, other: int) -> None:
        self.up[self.root(i)] = self.root(other)

    def link(self, i: int) -> None:
        """Join a message to its nearest known parent, or to a related message if its parent is missing."""
        message = self.messages[i]
        for parent_id in message.parents:
            parent = self.position_of.get(parent_id)
            if parent is None:
                continue
            if self.root(parent) == i or self.root(parent) == self.root(i):
                self.remarks.append((i, "loop of references"))
                continue
            self.parents[i] = parent
            self.join(i, parent)
            return
        related = self.find_related(i)
        for parent_id in message.parents:
            if parent_id not in self.position_of:
                self.awaited.setdefault(parent_id, i)
        if related is not None and self.root(related) != self.root(i):
            self.join(i, related)

    def find_related(self, i: int) -> int | None:
        # The parent is missing. Another message may reply to the same parent or to this message, or the subject may tell.
        message = self.messages[i]
        for wanted in (*message.parents, message.id):
            if wanted in self.awaited:
                return self.awaited[wanted]
        if message.conversation.startswith("+") and message.conversation[1:] in self.latest_by_conversation:
            return self.latest_by_conversation[message.conversation[1:]]
        if not message.parents and not is_reply_subject(message.subject):
            return None
        latest = self.latest_by_subject.get(normalize_subject(message.subject))
        if latest is not None and message.at - self.messages[latest].at <= SUBJECT_REMEMBERED_FOR:
            self.remarks.append((i, "joined by subject"))
            return latest
        if any(parent_id not in self.position_of for parent_id in message.parents):
            self.remarks.append((i, "the mail it answers is missing"))
        return None

    def threads(self) -> list[Thread]:
        groups: dict[int, list[int]] = {}
        for i in range(len(self.messages)):
            groups.setdefault(self.root(i), []).append(i)
        threads = []
        for group in groups.values():
            topic = next((topic for i in group if (topic := self.messages[i].topic) is not None), None)
            threads.append(Thread(topic=topic, order=tuple(self.in_order(group))))
        return sorted(threads, key=lambda thread: (self.messages[thread.order[0]].at, thread.order[0]))

    def in_order(self, group: list[int]) -> list[int]:
        # By time, but a reply never comes before its parent, even if a sender's clock was wrong.
        children: dict[int, list[int]] = {}
        ready: list[tuple[datetime, int]] = []
        for i in group:
            parent = self.parents[i]
            if parent is None:
                heappush(ready, (self.messages[i].at, i))
            else:
                children.setdefault(parent, []).append(i)
        order = []
        while ready:
            at, i = heappop(ready)
            order.append(i)
            for child in children.get(i, ()):
                heappush(ready, (max(at, self.messages[child].at), child))
        return order

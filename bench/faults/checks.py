"""The checks: what must hold of a history and of what is there at the end. Nothing here does I/O.

Each check returns sentences, one for each broken promise.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from bench.faults.history import Final, History, Listener, Operation

# A refusal has to come within this, in seconds; the service promises 5, and the request takes its time too.
REFUSED_WITHIN = 5.5
HEALED_WITHIN = 10.0


def judge(history: History, final: Final) -> dict[str, list[str]]:
    """Return the broken promises by promise; each list is empty if it was kept."""
    return {
        "lost": [*_lost_replies(history, final), *_lost_texts(history, final), *_lost_votes(history, final)],
        "doubled": _doubled(history, final),
        "never written": _foreign(history, final),
        "reordered": _reordered(history, final),
        "gaps": _gaps(final),
        "wrong frames": [text for one in history.listeners for text in _wrong_frames(one, history, final)],
        "wrong statuses": _wrong_statuses(history),
        "late refusals": _late_refusals(history),
        "late healing": _late_healing(history),
    }


def _of(history: History, *kinds: str) -> Iterator[Operation]:
    return (one for one in history.operations if one.kind in kinds and one.attempts)


def _there(final: Final) -> dict[str, dict[str, object]]:
    posts = {post["body"]: post for found in final.posts.values() for post in found}
    return posts | {one["body"]: one for one in final.questions.values()}


def _edited(history: History) -> dict[int, list[Operation]]:
    edits: dict[int, list[Operation]] = defaultdict(list)
    for one in _of(history, "edit"):
        edits[int(one.target.split()[1])].append(one)
    return edits


def _possible(first: str, changes: Iterable[Operation]) -> list[str]:
    """Return the texts that may be there: the last that was acknowledged, or one sent after it without an answer."""
    texts = [first]
    for one in changes:
        if one.outcome == "done":
            texts = [one.body]
        elif one.outcome == "unknown":
            texts.append(one.body)
    return texts


def _lost_replies(history: History, final: Final) -> list[str]:
    edits, there = _edited(history), {post["id"]: post for found in final.posts.values() for post in found}
    wrong = []
    for one in _of(history, "reply"):
        if one.outcome != "done":
            continue
        post = there.get(one.made["id"])
        if post is None:
            wrong.append(f"reply {one.made['id']} ({one.body}) is not there")
        elif post["body"] not in (texts := _possible(one.body, edits[one.made["id"]])):
            wrong.append(f"reply {one.made['id']} says {post['body']!r} and none of {texts}")
    questions = {one["body"] for one in final.questions.values()}
    return wrong + [
        f"the question {one.body!r} is not there"
        for one in _of(history, "question")
        if one.outcome == "done" and one.body not in questions
    ]


def _lost_texts(history: History, final: Final) -> list[str]:
    drafts: dict[str, list[Operation]] = defaultdict(list)
    for one in _of(history, "draft"):
        drafts[one.target].append(one)
    return [
        f"the draft {key} says {final.drafts.get(key)!r} and none of {texts}"
        for key, changes in drafts.items()
        if final.drafts.get(key, "") not in (texts := _possible("", changes))
    ]


def _lost_votes(history: History, final: Final) -> list[str]:
    sure: Counter[int] = Counter()
    unsure: Counter[int] = Counter()
    by_person: dict[tuple[int, str], list[Operation]] = defaultdict(list)
    for one in _of(history, "vote"):
        by_person[int(one.target.split()[1]), one.member].append(one)
    for (question, _), votes in by_person.items():
        values = _possible("0", votes)
        sure[question] += min(map(int, values))
        unsure[question] += max(map(int, values)) - min(map(int, values))
    drift = [
        f"question {number} counts {facts['votes']} votes and has {facts['counted']}"
        for number, facts in final.questions.items()
        if facts["votes"] != facts["counted"]
    ]
    return drift + [
        f"question {number} counts {facts['votes']} votes; acknowledged are {sure[number]}, unknown {unsure[number]}"
        for number, facts in final.questions.items()
        if not sure[number] <= facts["votes"] <= sure[number] + unsure[number]
    ]


def _doubled(history: History, final: Final) -> list[str]:
    texts = Counter(post["body"] for found in final.posts.values() for post in found)
    texts.update(one["body"] for one in final.questions.values())
    return [f"{text!r} is there {times} times" for text, times in texts.items() if times > 1]


def _foreign(history: History, final: Final) -> list[str]:
    wanted = {one.body for one in _of(history, "reply", "question", "edit") if one.outcome != "refused"}
    opening = {post["body"] for found in final.posts.values() for post in found if post["number"] == 1}
    return [
        f"{text!r} is there and was never acknowledged" for text in _there(final).keys() - wanted - opening
    ]


def _reordered(history: History, final: Final) -> list[str]:
    wrong = []
    topics: dict[str, list[Operation]] = defaultdict(list)
    for one in _of(history, "reply"):
        if one.outcome == "done":
            topics[one.target].append(one)
    for found in topics.values():
        answered = sorted(found, key=lambda one: one.acked)
        at, highest = 0, 0
        for one in sorted(found, key=lambda one: one.sent):
            while at < len(answered) and answered[at].acked < one.sent:
                highest = max(highest, answered[at].made["number"])
                at += 1
            if one.made["number"] < highest:
                wrong.append(f"{one.body!r} has number {one.made['number']} though {highest} came before it")
    return wrong


def _gaps(final: Final) -> list[str]:
    wrong = []
    for topic, found in final.posts.items():
        numbers = sorted(post["number"] for post in found)
        if numbers != list(range(1, len(numbers) + 1)):
            wrong.append(f"topic {topic} has {len(numbers)} posts; the last has number {numbers[-1]}")
    return wrong


def _wrong_frames(listener: Listener, history: History, final: Final) -> list[str]:
    """Numbers rise by one, except where a reset says from where to read again; no reply is heard twice."""
    wrong: list[str] = []
    position, skipped = 0, []
    heard: Counter[str] = Counter()
    for frame in listener.frames:
        if frame.kind == "reset":
            skipped.append((position, frame.seq))
        elif frame.kind == "event":
            if frame.seq != position + 1 and position:
                wrong.append(f"{listener.channel}: {frame.seq} came after {position}")
            if frame.about.startswith("reply_posted"):
                heard[frame.about] += 1
        position = max(position, frame.seq)
    wrong += [f"{listener.channel}: {about} came {n} times" for about, n in heard.items() if n > 1]
    if position != (last := final.positions[listener.channel]):
        wrong.append(f"{listener.channel}: a listener stands at {position}, the channel at {last}")
    if not skipped:
        wrong += [
            f"{listener.channel}: reply {one.made['id']} was never heard"
            for one in _of(history, "reply")
            if one.outcome == "done"
            and one.target.replace(" ", ":") == listener.channel
            and listener.frames
            and one.sent > listener.frames[0].at
            and not heard[f"reply_posted {one.made['id']}"]
        ]
    return wrong


def _wrong_statuses(history: History) -> list[str]:
    return [
        f"{one.kind} was answered {attempt.status}: {attempt.text}"
        for one in history.operations
        for attempt in one.attempts
        if attempt.status not in (0, 200, 201, 202, 204, 409, 412, 503)
    ]


def _late_refusals(history: History) -> list[str]:
    return [
        f"{one.kind} was refused after {attempt.ended - attempt.sent:.1f} s"
        for one in history.operations
        for attempt in one.attempts
        if attempt.status == 503 and attempt.ended - attempt.sent > REFUSED_WITHIN
    ]


def _late_healing(history: History) -> list[str]:
    return [
        f"{span.name}: the process on port {port} acknowledged nothing for {seconds:.1f} s"
        for span in history.faults
        for port, seconds in span.healed.items()
        if seconds > HEALED_WITHIN
    ]

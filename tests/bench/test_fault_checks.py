"""The checks of `python -m bench.faults`: they find each kind of broken promise, and nothing in a run without one."""

from copy import deepcopy
from typing import Any

import pytest

from bench.faults.checks import judge
from bench.faults.history import Attempt, Final, Frame, History, Listener, Operation, Outcome, Span


def op(kind: str, target: str, body: str, at: float, outcome: Outcome = "done", **made: Any) -> Operation:
    status = {"done": 201, "unknown": 0, "refused": 409}[outcome]
    return Operation(kind, "ann", target, body, [Attempt(1, at, at + 0.1, status)], outcome, made)


def a_run() -> tuple[History, Final]:
    """Return a history without faults, and what is there after it."""
    operations = [
        op("reply", "topic 7", "one", 1, id=11, number=2),
        op("reply", "topic 7", "two", 2, id=12, number=3),
        op("edit", "post 11", "one, better", 3),
        op("edit", "post 11", "one, best", 4, "unknown"),
        op("draft", "ann topic:7", "a draft", 5, sequence=1, key="topic:7"),
        op("question", "room 3", "why", 6, id=5),
        op("vote", "question 5", "1", 7),
        op("reply", "topic 7", "perhaps", 8, "unknown"),
    ]
    frames = [
        Frame(0.5, "joined", 1),
        Frame(1.2, "event", 2, "reply_posted 11"),
        Frame(2.2, "event", 3, "reply_posted 12"),
        Frame(3.2, "event", 4, "post_edited 11"),
    ]
    posts = [
        {"id": 10, "number": 1, "body": "the topic"},
        {"id": 11, "number": 2, "body": "one, better"},
        {"id": 12, "number": 3, "body": "two"},
    ]
    final = Final(
        {7: posts},
        {"ann topic:7": "a draft"},
        {5: {"body": "why", "votes": 1, "counted": 1}},
        {"topic:7": 4},
    )
    return History(operations, [Listener("topic:7", frames)], [Span("x", 1, 2, {1: 3.0})]), final


def found(history: History, final: Final) -> dict[str, list[str]]:
    return {promise: wrong for promise, wrong in judge(history, final).items() if wrong}


def test_a_run_without_broken_promises_has_none() -> None:
    history, final = a_run()
    assert found(history, final) == {}
    # What was not answered may have happened.
    final.posts[7][1]["body"] = "one, best"
    final.posts[7].append({"id": 13, "number": 4, "body": "perhaps"})
    assert found(history, final) == {}


def _lose_a_reply(history: History, final: Final) -> None:
    del final.posts[7][2]


def _lose_an_edit(history: History, final: Final) -> None:
    final.posts[7][1]["body"] = "one"


def _lose_a_draft(history: History, final: Final) -> None:
    final.drafts = {}


def _lose_a_vote(history: History, final: Final) -> None:
    final.questions[5]["votes"] = final.questions[5]["counted"] = 0


def _count_wrongly(history: History, final: Final) -> None:
    final.questions[5]["counted"] = 0


def _double(history: History, final: Final) -> None:
    final.posts[7].append({"id": 13, "number": 4, "body": "two"})


def _invent(history: History, final: Final) -> None:
    final.posts[7].append({"id": 13, "number": 4, "body": "from nobody"})


def _keep_what_was_refused(history: History, final: Final) -> None:
    history.operations.append(op("reply", "topic 7", "refused", 9, "refused"))
    final.posts[7].append({"id": 13, "number": 4, "body": "refused"})


def _reorder(history: History, final: Final) -> None:
    history.operations[0].made["number"], history.operations[1].made["number"] = 3, 2


def _leave_a_gap(history: History, final: Final) -> None:
    final.posts[7][2]["number"] = 4


def _skip_a_frame(history: History, final: Final) -> None:
    del history.listeners[0].frames[1]


def _repeat_a_frame(history: History, final: Final) -> None:
    history.listeners[0].frames.append(Frame(4, "event", 5, "reply_posted 12"))
    final.positions = {"topic:7": 5}


def _stay_behind(history: History, final: Final) -> None:
    final.positions = {"topic:7": 5}


def _fail(history: History, final: Final) -> None:
    history.operations[0].attempts.insert(0, Attempt(1, 0.9, 1, 500))


def _refuse_late(history: History, final: Final) -> None:
    history.operations[7].attempts.append(Attempt(1, 10, 16, 503))


def _heal_late(history: History, final: Final) -> None:
    history.faults[0].healed[2] = 11.0


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (_lose_a_reply, "lost"),
        (_lose_an_edit, "lost"),
        (_lose_a_draft, "lost"),
        (_lose_a_vote, "lost"),
        (_count_wrongly, "lost"),
        (_double, "doubled"),
        (_invent, "never written"),
        (_keep_what_was_refused, "never written"),
        (_reorder, "reordered"),
        (_leave_a_gap, "gaps"),
        (_skip_a_frame, "wrong frames"),
        (_repeat_a_frame, "wrong frames"),
        (_stay_behind, "wrong frames"),
        (_fail, "wrong statuses"),
        (_refuse_late, "late refusals"),
        (_heal_late, "late healing"),
    ],
)
def test_each_broken_promise_is_found(broken: Any, promise: str) -> None:
    history, final = deepcopy(a_run())
    broken(history, final)
    assert set(found(history, final)) == {promise}

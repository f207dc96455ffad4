"""The checker of the benchmarks: it must report every kind of error in what a client received."""

from typing import Any

import msgspec
import pytest

from bench.people.checker import (
    Fresh,
    History,
    Ledger,
    Sent,
    compare,
    find_lost_updates,
    find_miscounted,
    find_missing,
    find_reordered,
    find_twins,
)
from bench.people.views import Shared, View, named
from bench.people.wire import split_frames


def _question(number: int, **facts: Any) -> dict[str, Any]:
    body = {"id": number, "state": "live", "votes": 0, "version": 1, "body": f"Question {number}"}
    return body | facts


def _asked(number: int, **facts: Any) -> dict[str, Any]:
    return {"type": "question_asked", "question": _question(number, **facts), "counts": {"live": number}}


class Client:
    """A view and a history that receive events, as a socket delivers them."""

    def __init__(self, *snapshot: int, following: str | None = None) -> None:
        self.view, self.history, self.shared = View(1), History(), Shared()
        page = {"items": [_question(number) for number in snapshot], "next": following}
        stream = {"epoch": "e", "seq": len(snapshot)}
        self.view.begin({"stream": stream, "questions": page, "counts": {"live": len(snapshot)}}, None)

    def hear(self, seq: int, event: dict[str, Any]) -> None:
        self.history.hear(seq, named(event))
        self.view.take(seq, event, self.shared)

    def against(self, seq: int, *questions: dict[str, Any]) -> list[str]:
        things = {"question": {question["id"]: question for question in questions}}
        return compare(
            self.view, Fresh(seq=seq, things=things, counts={"live": len(questions)}), self.history
        )


def test_a_complete_client_has_no_errors() -> None:
    client = Client(1)
    client.hear(2, _asked(2))
    client.hear(3, {"type": "withheld"})
    client.view.signal({"type": "votes", "votes": {"2": 7}}, client.shared)
    assert client.against(3, _question(1, mine=True, my_vote=0), _question(2, votes=7)) == []
    assert (client.view.doubled, client.view.gaps, client.history.doubled) == (0, 0, [])


def test_a_lost_event_is_found() -> None:
    client, other = Client(1), Client(1)
    other.history = client.history
    client.hear(2, _asked(2))
    client.hear(3, _asked(3))
    other.hear(3, _asked(3))
    assert other.view.gaps == 1
    assert other.against(3, _question(1), _question(2), _question(3)) == ["question:2 is lost"]
    stopped = Client(1)
    assert "stands at 1, the room at 3" in stopped.against(3, _question(1), _question(2), _question(3))


def test_unread_pages_are_not_reported_as_lost() -> None:
    """Its snapshot was one page of several, and a question on another page was submitted earlier."""
    client = Client(2, following="cursor")
    client.history.hear(1, "question_asked question:1")
    client.view.counts = {"live": 2}
    assert client.against(1, _question(1), _question(2)) == []
    whole = Client(2)
    whole.history, whole.view.counts = client.history, {"live": 2}
    assert whole.against(1, _question(1), _question(2)) == ["question:1 is lost"]


def test_a_doubled_event_is_found() -> None:
    client = Client()
    client.hear(1, _asked(1))
    client.hear(1, _asked(1))
    assert (client.view.doubled, client.history.doubled) == (1, [])
    client.hear(2, _asked(1))
    assert client.history.doubled == ["question_asked question:1 came as 1 and 2"]


def test_a_reordered_event_is_found() -> None:
    first, second = Client(), Client()
    second.history = first.history
    for seq, number in ((1, 1), (2, 2)):
        first.hear(seq, _asked(number))
    for seq, number in ((1, 2), (2, 1)):
        second.hear(seq, _asked(number))
    assert len(first.history.reordered) == 2
    made = [Sent("question:1", 0.0, 1.0, ""), Sent("question:2", 2.0, 3.0, "")]
    assert find_reordered(made, first.history) == []
    swapped = History(first={"question:1": 2, "question:2": 1})
    assert find_reordered(made, swapped) == ["question:2 came before question:1"]
    at_once = [Sent("question:1", 0.0, 3.0, ""), Sent("question:2", 1.0, 2.0, "")]
    assert find_reordered(at_once, swapped) == []


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"votes": 3}, "votes"),
        ({"version": 2}, "version"),
        ({"state": "answered"}, "state"),
        ({"reason": "late"}, "reason"),
    ],
)
def test_stale_facts_are_found(changed: dict[str, Any], complaint: str) -> None:
    client = Client(1)
    (found,) = client.against(1, _question(1) | changed)
    assert found.startswith(f"question:1 {complaint}: ")


def test_missing_questions_are_reported_unless_withdrawn() -> None:
    client = Client(1, 2)
    client.view.counts = {"live": 1}
    assert client.against(2, _question(2)) == ["question:1 is not there any more"]
    client.hear(3, {"type": "question_settled", "question": {"id": 1, "state": "withdrawn", "votes": 0}})
    assert client.against(3, _question(2)) == []


def test_later_facts_update_a_copy_of_shared_parts() -> None:
    client, other = Client(1), Client(1)
    other.shared = client.shared
    settled = {"type": "question_settled", "question": {"id": 1, "state": "answered", "votes": 2}}
    client.hear(2, settled)
    assert client.view.things["question"][1] == _question(1, state="answered", votes=2)
    assert other.view.things["question"][1]["state"] == "live"


def test_lost_and_doubled_writes_are_found() -> None:
    made = [Sent(f"question:{n}", 0.0, 1.0, f"Question {n}") for n in (1, 2, 3)]
    there = {n: _question(n) for n in (1, 2)} | {4: _question(4, body="Question 2")}
    fresh = Fresh(seq=9, things={"question": there})
    assert find_missing(made, fresh) == ["question:3"]
    assert find_twins(made, fresh) == ["Question 2"]


def test_wrong_tallies_are_found() -> None:
    poll = {"id": 5, "kind": "single", "options": ["a", "b"], "ballots": 2, "results": {"counts": [1, 1]}}
    fresh = Fresh(seq=9, things={"question": {1: _question(1, votes=2)}, "poll": {5: poll}})
    given: dict[tuple[str, str], Any] = {
        ("question:1", "ada"): 1,
        ("question:1", "ben"): 1,
        ("question:1", "cy"): None,
    }
    given |= {("poll:5", "ada"): 0, ("poll:5", "ben"): 1}
    assert find_miscounted(Ledger(given=given), fresh) == []
    twice = given | {("question:1", "cy"): 1, ("poll:5", "ben"): 0}
    assert find_miscounted(Ledger(given=twice), fresh) == [
        "question:1 counts 2, acknowledged were 3",
        "poll:5 has [1, 1], acknowledged were [2, 0]",
    ]
    assert find_miscounted(Ledger(given=given, unsure={("question:1", "cy")}), fresh) == []


def test_lost_updates_of_hosts_are_found() -> None:
    moves = [(1, 2, "answered"), (1, 3, "live"), (2, 2, "shortlisted"), (2, 2, "shortlisted")]
    assert find_lost_updates(moves) == []
    assert len(find_lost_updates([*moves, (1, 3, "dismissed")])) == 1


def test_frames_are_split_across_reads() -> None:
    short, long = b'{"type":"pong"}', msgspec.json.encode({"type": "event", "event": {"body": "x" * 70_000}})
    middle = b"m" * 300
    data = bytes([129, len(short)]) + short
    data += bytes([129, 126]) + len(middle).to_bytes(2, "big") + middle
    data += bytes([129, 127]) + len(long).to_bytes(8, "big") + long
    whole = [(1, short), (1, middle), (1, long)]
    assert split_frames(data) == (whole, b"")
    for cut in (1, 16, 18, 20, 400, len(data) - 1):
        frames, rest = split_frames(data[:cut])
        assert frames + split_frames(rest + data[cut:])[0] == whole

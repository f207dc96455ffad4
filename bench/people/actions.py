"""What people do at a conference: ask, vote, answer polls, put up notices, applaud; and what hosts do."""

import random
from collections.abc import Sequence
from itertools import islice
from typing import Any

from bench.people.attendee import Attendee
from bench.people.checker import Sent
from bench.people.views import Facts

ANONYMOUS = 0.2
# Of so many that came last somebody votes for one, most of them for the first of these.
LOOKED_AT = 60
REACTIONS = ("applause", "heart", "laugh", "agree")
# What two who act at once are told, and what somebody is told who is late.
LATE = ("question_not_live", "poll_not_open", "own_question", "room_not_open")
CONTESTED = ("question_moved", "question_cannot_move", "stage_taken", "claimed_by_other")


async def ask(who: Attendee, number: int) -> None:
    """Ask a question; it is asked once, however often it has to be sent."""
    body = f"mark{number:06d}. Who checks what the refinery says about the origin of a lot?"
    question = {"body": body, "anonymous": random.random() < ANONYMOUS}
    answer = await who.write("ask", "POST", f"/rooms/{who.place.id}/questions", question, keyed=True)
    if answer.facts is None:
        who.refuse("ask", answer, ())
        return
    who.own.add(answer.facts["id"])
    thing = f"question:{answer.facts['id']}"
    who.place.ledger.made.append(Sent(thing, answer.sent, answer.acked, body, answer.tries == 1))


async def vote(who: Attendee) -> None:
    """Vote for a question that this attendee sees, or take the vote back; one vote at a time."""
    question = _choose(who)
    if question is None or who.is_busy:
        return
    who.is_busy = True
    key = (f"question:{question}", who.person.handle)
    given = who.place.ledger.given
    value = 0 if given.get(key) else 1
    try:
        answer = await who.write("vote", "PUT", f"/questions/{question}/vote", {"value": value})
    finally:
        who.is_busy = False
    if answer.facts is not None:
        given[key] = value or None
        who.place.ledger.unsure.discard(key)
        return
    who.refuse("vote", answer, LATE)
    if answer.tries > 1:
        who.place.ledger.unsure.add(key)


def _choose(who: Attendee) -> int | None:
    latest = islice(reversed(who.view.things["question"].values()), LOOKED_AT)
    open_to = [
        known["id"]
        for known in latest
        if known["state"] in ("live", "shortlisted") and not _is_own(who, known)
    ]
    if not open_to:
        return None
    place = int(random.paretovariate(0.7)) - 1
    return int(open_to[place % len(open_to)])


def _is_own(who: Attendee, known: Facts) -> bool:
    author = known.get("author")
    return known["id"] in who.own or bool(author and author["handle"] == who.person.handle)


async def answer_poll(who: Attendee, poll: Facts) -> None:
    """Answer a poll, as its kind wants it."""
    key = (f"poll:{poll['id']}", who.person.handle)
    chosen = _answer(poll)
    answer = await who.write("ballot", "PUT", f"/polls/{poll['id']}/ballot", {"answer": chosen})
    if answer.facts is not None:
        who.place.ledger.given[key] = chosen
        who.place.ledger.unsure.discard(key)
        return
    who.refuse("ballot", answer, LATE)
    if answer.tries > 1:
        who.place.ledger.unsure.add(key)


def _answer(poll: Facts) -> Any:
    if poll["kind"] == "words":
        return [random.choice(("cobalt", "Cobalt", "lithium", "nickel", "water", "wages"))]
    if poll["kind"] == "ranked":
        return random.sample(range(len(poll["options"])), len(poll["options"]))
    return random.randrange(len(poll["options"]))


async def post_notice(who: Attendee, number: int) -> None:
    """Put a notice into one of the columns that this attendee sees."""
    if not who.view.columns:
        return
    body = f"note{number:06d}. We look for a laboratory that dates tailings."
    notice = {"column": random.choice(who.view.columns)["id"], "title": f"Notice {number}", "body": body}
    answer = await who.write("notice", "POST", f"/rooms/{who.place.id}/notices", notice, keyed=True)
    if answer.facts is None:
        who.refuse("notice", answer, ())
        return
    thing = f"notice:{answer.facts['id']}"
    who.place.ledger.made.append(Sent(thing, answer.sent, answer.acked, body, answer.tries == 1))


async def react(who: Attendee) -> None:
    """Applaud, or the like."""
    kind = random.choice(REACTIONS)
    answer = await who.write("react", "POST", f"/rooms/{who.place.id}/reactions", {"kind": kind})
    if answer.facts is None:
        who.refuse("react", answer, ())


async def moderate(host: Attendee) -> None:
    """A host's next step: answer what is on stage, bring up the first of the shortlist, add to it, or dismiss."""
    known = list(islice(reversed(host.view.things["question"].values()), 5 * LOOKED_AT))
    step = _step(known)
    if step is None:
        return
    question, move = step
    body = move | {"version": question["version"]}
    answer = await host.write("move", "PUT", f"/questions/{question['id']}/state", body)
    if answer.facts is None:
        host.refuse(f"move to {move['state']} from {question['state']}", answer, CONTESTED)
    elif answer.tries == 1:
        host.place.ledger.moves.append((question["id"], answer.facts["version"], move["state"]))


def _step(known: Sequence[Facts]) -> tuple[Facts, dict[str, Any]] | None:
    states: dict[str, list[Facts]] = {}
    for question in known:
        states.setdefault(question["state"], []).append(question)
    staged, listed, live = (states.get(state, []) for state in ("on_stage", "shortlisted", "live"))
    if staged:
        return staged[0], {"state": "answered"}
    if listed and random.random() < 0.4:
        return min(listed, key=lambda question: question.get("place") or 0), {"state": "on_stage"}
    if live and random.random() < 0.1:
        return random.choice(live), {"state": "dismissed", "reason": "Another session deals with this."}
    return (max(live, key=lambda question: question["votes"]), {"state": "shortlisted"}) if live else None


async def hold_poll(host: Attendee, number: int) -> Facts | None:
    """Draft a poll and open it."""
    kinds = ("single", "words", "ranked")
    poll = {
        "kind": kinds[number % len(kinds)],
        "title": f"Poll {number}: where shall the next audit be?",
        "options": [] if kinds[number % len(kinds)] == "words" else ["Kolwezi", "Atacama", "Pilbara"],
        "reveals": "live" if number % 2 == 0 else "closed",
    }
    drafted = await host.write("poll", "POST", f"/rooms/{host.place.id}/polls", poll, keyed=True)
    if drafted.facts is None:
        host.refuse("poll", drafted, ())
        return None
    return await move_poll(host, drafted.facts, "open")


async def move_poll(host: Attendee, poll: Facts, state: str) -> Facts | None:
    """Open or close a poll, in its newest version if an answer was lost."""
    for _ in range(3):
        move = {"state": state, "version": poll["version"]}
        moved = await host.write("poll", "PUT", f"/polls/{poll['id']}/state", move)
        if moved.facts is not None:
            return dict(moved.facts)
        known = host.view.things["poll"].get(poll["id"], poll)
        if known["state"] == state:
            return known
        poll = known
    host.refuse(f"poll to {state}", moved, ())
    return None

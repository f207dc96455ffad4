"""The events of the demonstration: a webinar with its record, and a room that is open as long as the demonstration runs."""

from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from typing import Any

from core import clock
from tertulia.demonstration.story import Asked, Webinar
from tertulia.demonstration.telling import Telling

_MINUTE = 1 / 24 / 60
LENGTH = timedelta(hours=1)


def plan_past_webinar(telling: Telling) -> None:
    """Let a webinar be announced, take place and be closed."""
    told = telling.story.events.past
    telling.at(told.days + 12, partial(_announce, telling, told))


async def _announce(telling: Telling, told: Webinar) -> None:
    starts = telling.begins_at - timedelta(days=told.days)
    room = await open_event(telling, told.host, told.sector, told.title, told.about, told.room, starts)
    for place, (asked, minute) in enumerate(zip(told.questions, range(4, 60, 4), strict=False)):
        telling.at(told.days - minute * _MINUTE, partial(_ask, telling, told, room, asked, place))
    telling.at(told.days, partial(_set_state, telling, told.host, room, "open"))
    telling.at(told.days - 30 * _MINUTE, partial(_vote_in_poll, telling, told, room))
    telling.at(told.days - 35 * _MINUTE, partial(_post_notices, telling, told, room))
    telling.at(told.days - 62 * _MINUTE, partial(_set_state, telling, told.host, room, "closed"))


async def open_event(
    telling: Telling, host: str, sector: str, title: str, about: str, room: str, starts: datetime
) -> int:
    """Announce an event of an hour with a room, and return the room's id."""
    given = {
        "sector": sector,
        "title": title,
        "about": about,
        "kind": "webinar",
        "mode": "virtual",
        "starts_at": starts.isoformat(),
        "ends_at": (starts + LENGTH).isoformat(),
    }
    announced = await telling.ask(telling.administrator, "POST", "/gatherings", given)
    await telling.give_duty(host, "host", announced["id"])
    planned = {
        "title": room,
        "modules": ["questions", "board", "polls"],
        "rules": {"anonymous": True, "publishes_choices": True},
    }
    made = await telling.ask(host, "POST", f"/gatherings/{announced['id']}/rooms", planned)
    return int(made["id"])


async def _set_state(telling: Telling, host: str, room: int, state: str) -> None:
    await telling.ask(host, "PUT", f"/rooms/{room}/state", {"state": state})


async def _ask(telling: Telling, told: Webinar, room: int, asked: Asked, place: int) -> None:
    given = {"body": asked.body, "anonymous": asked.anonymous}
    question = await telling.ask(asked.author, "POST", f"/rooms/{room}/questions", given)
    for voter in asked.votes:
        await telling.ask(voter, "PUT", f"/questions/{question['id']}/vote", {"value": 1})
    if asked.answer:
        minute = 24 + 6 * place
        telling.at(told.days - minute * _MINUTE, partial(_answer, telling, told.host, question["id"], asked))


async def _answer(telling: Telling, host: str, question: int, asked: Asked) -> None:
    for given in ({"state": "on_stage"}, {"state": "answered", "answer": asked.answer}):
        shown = await telling.ask(host, "GET", f"/questions/{question}")
        move: dict[str, Any] = given | {"version": shown["version"]}
        await telling.ask(host, "PUT", f"/questions/{question}/state", move)


async def _vote_in_poll(telling: Telling, told: Webinar, room: int) -> None:
    given = {"kind": "single", "title": told.poll.title, "options": told.poll.options, "reveals": "closed"}
    poll = await telling.ask(told.host, "POST", f"/rooms/{room}/polls", given)
    opened = await telling.ask(
        told.host, "PUT", f"/polls/{poll['id']}/state", {"state": "open", "version": poll["version"]}
    )
    for attendee, answer in zip(told.attendees, told.poll.answers, strict=False):
        await telling.ask(attendee, "PUT", f"/polls/{poll['id']}/ballot", {"answer": answer})
    closed = {"state": "closed", "version": opened["version"]}
    await telling.ask(told.host, "PUT", f"/polls/{poll['id']}/state", closed)


async def _post_notices(telling: Telling, told: Webinar, room: int) -> None:
    columns = (await telling.ask(told.host, "GET", f"/rooms/{room}/columns"))["items"]
    until = (clock.now() + timedelta(days=365)).isoformat()
    for notice, column in zip(told.notices, cycle(columns), strict=False):
        given = {"title": notice.title, "body": notice.body, "column": column["id"], "expires_at": until}
        await telling.ask(notice.author, "POST", f"/rooms/{room}/notices", given)


def plan_live_hour(telling: Telling) -> None:
    """Announce the event that is live when the demonstration begins, and open its room."""
    telling.at(0.01, partial(_begin_live_hour, telling))


async def _begin_live_hour(telling: Telling) -> None:
    told = telling.story.events.live
    room = await open_event(
        telling, told.host, told.sector, told.title, told.about, told.room, telling.begins_at
    )
    await _set_state(telling, told.host, room, "open")
    given = {"kind": "single", "title": told.poll, "options": told.options, "reveals": "live"}
    poll = await telling.ask(told.host, "POST", f"/rooms/{room}/polls", given)
    state = {"state": "open", "version": poll["version"]}
    await telling.ask(told.host, "PUT", f"/polls/{poll['id']}/state", state)

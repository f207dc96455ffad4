"""What members have done before the demonstration begins: they join, discuss, thank, take stock, flag and decide."""

from datetime import timedelta
from functools import partial
from typing import Any

from core import clock
from tertulia.demonstration.story import Discussion, Entry, FlaggedPost, Invented, Reply, StockTake
from tertulia.demonstration.telling import Telling

# Nobody has these addresses: the domain is reserved.
_ADDRESS = "{}@demonstration.example"
# Days from a reply to the thanks for it, and between two thanks.
_SOON = 0.02
_HOUR = 1 / 24


def plan_people(telling: Telling) -> None:
    """Let everybody join and fill in their profiles."""
    for person in telling.story.people:
        telling.at(person.joined, partial(_join, telling, person))


async def _join(telling: Telling, person: Invented) -> None:
    await telling.join(person, _ADDRESS.format(person.handle))
    profile = {
        "organisation": person.organisation,
        "stakeholder_group": person.group,
        "country": person.country,
        "sectors": person.sectors,
        "languages": person.languages,
        "about": person.about,
        "public": ["organisation", "stakeholder_group", "country", "sectors", "languages"],
    }
    await telling.ask(person.handle, "PATCH", "/me/profile", profile)


def plan_discussions(telling: Telling) -> None:
    """Let members start topics, reply and thank."""
    for topic in telling.story.topics:
        telling.at(topic.days, partial(_discuss, telling, topic))


async def _discuss(telling: Telling, topic: Discussion) -> None:
    given: dict[str, Any] = {
        "title": topic.title,
        "body": topic.body,
        "kind": topic.kind,
        "tags": topic.tags,
    }
    if topic.language:
        given["language"] = topic.language
    opened = await telling.ask(topic.author, "POST", f"/sectors/{topic.sector}/topics", given)
    telling.topics[topic.title] = opened["id"]
    posts: list[int] = [opened["first_post"]["id"] if "first_post" in opened else 0]
    for number, reply in enumerate(topic.replies, start=2):
        telling.at(reply.days, partial(_reply, telling, opened["id"], reply, posts))
        if topic.answer == number:
            telling.at(reply.days - 3 * _HOUR, partial(_accept, telling, topic, posts, number))


async def _reply(telling: Telling, topic: int, reply: Reply, posts: list[int]) -> None:
    given: dict[str, Any] = {"body": reply.body}
    if reply.to and reply.to > 1:
        given["parent"] = posts[reply.to - 1]
    post = await telling.ask(reply.author, "POST", f"/topics/{topic}/posts", given)
    posts.append(post["id"])
    for place, handle in enumerate(reply.thanks):
        # Who joins later reads it then.
        soon = min(reply.days - _SOON - place * _HOUR / 3, telling.joined[handle] - _HOUR)
        telling.at(soon, partial(_thank, telling, handle, post["id"]))


async def _thank(telling: Telling, handle: str, post: int) -> None:
    await telling.ask(handle, "PUT", f"/posts/{post}/reactions/thanks")


async def _accept(telling: Telling, topic: Discussion, posts: list[int], number: int) -> None:
    opened = telling.topics[topic.title]
    await telling.ask(topic.author, "PUT", f"/topics/{opened}/answer", {"post": posts[number - 1]})


def plan_stock_take(telling: Telling) -> None:
    """Let a curator begin a stock-take, members fill it, and the curator publish an edition."""
    telling.at(telling.story.board.days, partial(_begin_board, telling, telling.story.board))


async def _begin_board(telling: Telling, told: StockTake) -> None:
    given = {"title": told.title, "purpose": told.purpose, "template": "good-practice"}
    board = await telling.ask(told.curator, "POST", f"/sectors/{told.sector}/boards", given)
    for entry in told.entries:
        telling.at(entry.days, partial(_add_entry, telling, board["id"], entry))
    telling.at(told.edition_days, partial(_publish, telling, told, board["id"]))


async def _add_entry(telling: Telling, board: int, entry: Entry) -> None:
    made = await telling.ask(entry.author, "POST", f"/boards/{board}/entries", {"fields": entry.fields})
    for place, handle in enumerate(entry.confirmed_by, start=1):
        telling.at(entry.days - 1.3 * place, partial(_confirm, telling, handle, made["id"]))


async def _confirm(telling: Telling, handle: str, entry: int) -> None:
    await telling.ask(handle, "PUT", f"/entries/{entry}/confirmations/confirm", {"note": ""})


async def _publish(telling: Telling, told: StockTake, board: int) -> None:
    shown = await telling.ask(told.curator, "GET", f"/boards/{board}")
    now = clock.now()
    dates = {"consolidates_at": now.isoformat(), "publishes_at": (now + timedelta(hours=1)).isoformat()}
    await telling.ask(told.curator, "PATCH", f"/boards/{board}", dates, shown["version"])
    await telling.ask(told.curator, "POST", f"/boards/{board}/editions", {"note": told.note})
    shown = await telling.ask(told.curator, "GET", f"/boards/{board}")
    again = {"consolidates_at": None, "publishes_at": None}
    await telling.ask(told.curator, "PATCH", f"/boards/{board}", again, shown["version"])


def plan_moderation(telling: Telling) -> None:
    """Let members flag posts, and a moderator decide one case; the others wait in the queue."""
    for told in telling.story.flagged:
        telling.at(told.days, partial(_post_and_flag, telling, told))


async def _post_and_flag(telling: Telling, told: FlaggedPost) -> None:
    topic = telling.topics[told.topic]
    post = await telling.ask(told.author, "POST", f"/topics/{topic}/posts", {"body": told.body})
    for place, (handle, reason) in enumerate(told.flags, start=1):
        telling.at(told.days - place * _SOON, partial(_flag, telling, handle, post["id"], reason))
    if told.decided_by:
        telling.at(told.days - len(told.flags) * _SOON - _HOUR, partial(_decide, telling, told, post["id"]))


async def _flag(telling: Telling, handle: str, post: int, reason: str) -> None:
    await telling.ask(handle, "POST", f"/posts/{post}/flags", {"reason": reason})


async def _decide(telling: Telling, told: FlaggedPost, post: int) -> None:
    assert told.decided_by is not None
    cases = (await telling.ask(told.decided_by, "GET", "/cases"))["items"]
    case = next(case for case in cases if case["object"] == {"kind": "post", "id": post})
    reason = {"rule": told.rule, "facts": told.facts}
    given = {"version": case["version"], "action": "hide", "reason": reason}
    await telling.ask(told.decided_by, "POST", f"/cases/{case['id']}/decisions", given)

"""Silent edits: a text that others have answered, quoted, cited, accepted or reacted to is only changed for all to see."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec import Struct

from core import clock
from tests.support.boards import a_board
from tests.support.discussion import quoting
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.rooms.open_room import OpenRoom
from tests.support.service import Service, raw_sql


class Talk(Struct):
    """A question of Amina's with a reply of Jonas's, another topic, and a third member."""

    app: Service
    amina: Person
    jonas: Person
    fatou: Person
    topic: int
    first: dict[str, Any]
    reply: dict[str, Any]
    elsewhere: int

    async def is_silent(self, person: Person, post: int) -> bool:
        """Edit a post and return whether its history hides that."""
        edited = await person.patch(f"/posts/{post}", {"body": "The contrary."})
        assert edited.status_code == 200, edited.text
        shown = (await self.fatou.get(f"/posts/{post}/revisions")).json()["items"]
        assert (edited.json()["edited_at"] is None) == (len(shown) == 1)
        return len(shown) == 1


async def begun(app: Service, kind: str = "question") -> Talk:
    amina, jonas, fatou = [await a_person(app, name) for name in ("Amina", "Jonas", "Fatou")]
    topic = (await a_topic(amina, kind=kind))["id"]
    first = (await amina.get(f"/topics/{topic}/posts")).json()["items"][0]
    elsewhere = (await a_topic(fatou, title="Elsewhere"))["id"]
    return Talk(app, amina, jonas, fatou, topic, first, {}, elsewhere)


async def talked(app: Service, kind: str = "question") -> Talk:
    talk = await begun(app, kind)
    talk.reply = await a_reply(talk.jonas, talk.topic, "It is the refiners.")
    return talk


async def test_a_reply_to_the_topic_ends_the_silent_period_of_its_first_post(app: Service) -> None:
    talk = await talked(app)

    assert not await talk.is_silent(talk.amina, talk.first["id"])


async def test_the_author_alone_in_a_topic_can_still_edit_silently(app: Service) -> None:
    talk = await begun(app)
    await a_reply(talk.amina, talk.topic, "One more thing.")

    assert await talk.is_silent(talk.amina, talk.first["id"])


async def test_a_later_post_that_engages_with_another_does_not_end_the_period(app: Service) -> None:
    talk = await talked(app)
    await a_reply(talk.fatou, talk.topic, "I ask something else.")
    # The address of another post begins like that of this one.
    await a_reply(
        talk.fatou, talk.elsewhere, f"See [it](/p/{talk.reply['id']}0) and [this](/t/{talk.topic}/x/21)."
    )

    assert await talk.is_silent(talk.jonas, talk.reply["id"])


async def test_a_reply_that_was_moved_away_still_answered_the_first_post(app: Service) -> None:
    talk = await talked(app)
    moderator = await a_person(app, "Mira", duties=[("moderator", "mobility")])
    moved = await moderator.post(
        f"/topics/{talk.topic}/moves", {"posts": [talk.reply["id"]], "title": "Refiners"}
    )
    assert moved.status_code == 201

    assert not await talk.is_silent(talk.amina, talk.first["id"])


async def an_answer(talk: Talk) -> None:
    await a_reply(talk.fatou, talk.topic, "Really?", parent=talk.reply["id"])


async def a_reaction(talk: Talk) -> None:
    assert (await talk.fatou.put(f"/posts/{talk.reply['id']}/reactions/agree")).status_code == 200


async def a_quotation(talk: Talk) -> None:
    await a_reply(talk.fatou, talk.elsewhere, quoting(talk.reply, "It is the refiners."))


async def a_link(talk: Talk) -> None:
    await a_reply(talk.fatou, talk.elsewhere, f"See [there](/p/{talk.reply['id']}).")


async def a_link_by_number(talk: Talk) -> None:
    await a_reply(talk.fatou, talk.elsewhere, f"See [there](/t/{talk.topic}/cobalt-tracing/2#p2).")


async def a_link_in_an_edit(talk: Talk) -> None:
    post = (await a_reply(talk.fatou, talk.elsewhere, "See there."))["id"]
    await talk.fatou.patch(f"/posts/{post}", {"body": f"See [there](/t/{talk.topic}/2)."})


async def an_acceptance(talk: Talk) -> None:
    accepted = await talk.amina.put(f"/topics/{talk.topic}/answer", {"post": talk.reply["id"]})
    assert accepted.status_code == 204


async def an_entry(talk: Talk) -> None:
    board = await a_board(talk.app)
    assert await board.add("Refiners", source=talk.reply["id"])


ENGAGED = (
    an_answer, a_reaction, a_quotation, a_link, a_link_by_number, a_link_in_an_edit, an_acceptance, an_entry,
)  # fmt: skip


@pytest.mark.parametrize("engage", ENGAGED, ids=lambda engage: engage.__name__)
@pytest.mark.parametrize("is_worker_late", [True, False])
async def test_engagement_ends_the_silent_period(
    app: Service, engage: Callable[[Talk], Awaitable[None]], is_worker_late: bool
) -> None:
    talk = await talked(app)
    await app.run_jobs()
    await engage(talk)
    if not is_worker_late:
        await app.run_jobs()

    assert not await talk.is_silent(talk.jonas, talk.reply["id"])


@pytest.mark.parametrize("is_worker_late", [True, False])
@pytest.mark.parametrize("address", ["/t/{}", "/t/{}/cobalt-tracing", "/t/{}/cobalt-tracing/1", "/t/{}/1"])
async def test_a_link_to_the_topic_cites_its_first_post(
    app: Service, address: str, is_worker_late: bool
) -> None:
    talk = await begun(app)
    await a_reply(talk.fatou, talk.elsewhere, f"See [there]({address.format(talk.topic)}).")
    if not is_worker_late:
        await app.run_jobs()

    assert not await talk.is_silent(talk.amina, talk.first["id"])


async def test_a_comment_on_an_entry_that_was_answered_is_edited_for_all_to_see(app: Service) -> None:
    talk, board = await begun(app), await a_board(app)
    entry = await board.add("Refiners")
    comment = (await a_reply(talk.amina, entry["topic"], "Wrong."))["id"]
    assert await talk.is_silent(talk.amina, comment)
    other = (await a_reply(talk.amina, entry["topic"], "Wrong again."))["id"]
    await a_reply(talk.jonas, entry["topic"], "Why?", parent=other)

    assert not await talk.is_silent(talk.amina, other)


async def test_an_entry_is_always_changed_for_all_to_see(app: Service) -> None:
    board = await a_board(app)
    entry = await board.add("Refiners", kind="technology")

    await board.member.patch(f"/entries/{entry['id']}", {"fields": {"kind": "sectoral"}})

    post = (await board.member.get(f"/topics/{entry['topic']}/posts")).json()["items"][0]
    assert post["edited_at"]
    assert len((await board.curator.get(f"/posts/{post['id']}/revisions")).json()["items"]) == 2


async def test_questions_and_notices_are_always_edited_for_all_to_see(open_room: OpenRoom) -> None:
    member, other = await open_room.member(), await open_room.member()
    question = await open_room.ask(member)
    given = {"title": "Marketplace", "modules": ["board"]}
    room = (await open_room.host.post(f"/gatherings/{open_room.gathering}/rooms", given)).json()["id"]
    column = (await member.get(f"/rooms/{room}/columns")).json()["items"][0]["id"]
    new = {"title": "A lift", "body": "To Graz.", "column": column}
    notice = await member.post(f"/rooms/{room}/notices", new)
    await member.patch(f"/posts/{question['post']}", {"body": "Who pays?"})
    await member.patch(f"/notices/{notice.json()['id']}", {"title": "A lift", "body": "To Linz."})

    for post in (question["post"], notice.json()["post"]):
        assert len((await other.get(f"/posts/{post}/revisions")).json()["items"]) == 2


async def test_only_the_first_five_minutes_after_posting_are_silent(app: Service) -> None:
    talk = await begun(app)
    for minutes in (10, 12):
        with clock.stop_at(clock.now() + timedelta(minutes=minutes)):
            edited = await talk.amina.patch(f"/posts/{talk.first['id']}", {"body": f"After {minutes}."})
            assert edited.json()["edited_at"]

    assert len((await talk.fatou.get(f"/posts/{talk.first['id']}/revisions")).json()["items"]) == 3


@pytest.mark.parametrize("every", ["at_once", "daily", "weekly"])
async def test_no_mail_quotes_a_post_before_the_silent_period_is_over(app: Service, every: str) -> None:
    seconds = await raw_sql(app.db).fetchval(
        "SELECT min(extract(epoch FROM mail_due($1, zone, told) - told)) FROM generate_series("
        "timestamptz '2026-03-22 00:00:30+00', '2026-04-05 00:00:30+00', '1 minute') told,"
        " unnest(ARRAY['UTC', 'Europe/Vienna', 'Asia/Kolkata']) zone",
        every,
    )

    assert seconds >= 600


async def test_a_reply_and_an_edit_at_the_same_time_have_an_order(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    for _ in range(8):
        topic = (await a_topic(amina))["id"]
        post = (await amina.get(f"/topics/{topic}/posts")).json()["items"][0]["id"]
        edit = amina.patch(f"/posts/{post}", {"body": "The contrary."})
        edited, _ = await asyncio.gather(edit, a_reply(jonas, topic, "I agree."))
        order = await raw_sql(app.db).fetch(
            "SELECT event ->> 'type' AS type FROM log WHERE channel = $1 AND event ->> 'type' = ANY($2) ORDER BY seq",
            f"topic:{topic}",
            ["post_edited", "reply_posted"],
        )
        assert (edited.json()["edited_at"] is None) == (order[-1]["type"] == "reply_posted")

"""Rules in rooms: held questions and notices wait for the hosts, and nothing reveals anonymous askers."""

from typing import Any

import pytest
import pytest_asyncio

from tests.support.boards import a_board
from tests.support.moderation.filters import activate_filter
from tests.support.people import Person as Moderator
from tests.support.people import a_person
from tests.support.rooms.open_room import OpenRoom
from tests.support.rooms.questions import change_room, premoderate, shown
from tests.support.service import Service, raw_sql


@pytest_asyncio.fixture
async def ada(app: Service) -> Moderator:
    return await a_person(app, "Ada", duties=[("moderator", "mobility")])


async def measured(ada: Moderator, rule: int) -> dict[str, int]:
    return (await ada.get(f"/rules/{rule}")).json()["measured"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("anonymous", [False, True])
async def test_a_question_that_a_rule_catches_waits_for_a_host(
    app: Service, open_room: OpenRoom, ada: Moderator, anonymous: bool
) -> None:
    rule = await activate_filter(app, ada)
    asker, other = await open_room.member(), await open_room.member()

    first = await open_room.ask(asker, "Which casino?", anonymous=anonymous)
    second = await open_room.ask(asker, "Which casinos? Which casino?", anonymous=anonymous)
    plain_one = await open_room.ask(asker, "Which smelter?", anonymous=anonymous)

    assert (first["state"], first["reason"]) == (
        "pending",
        "Posts with certain words are reviewed before they are published.",
    )
    assert plain_one["state"] == "live"
    assert (await other.get(f"/questions/{first['id']}")).status_code == 404
    assert (await shown(asker, first))["mine"] is True
    assert (await shown(open_room.host, first))["body"] == "Which casino?"
    assert (await open_room.change_state(open_room.host, first, "live")).status_code == 200
    assert (await open_room.change_state(open_room.host, second, "dismissed")).status_code == 200
    assert (await shown(other, first))["state"] == "live"
    assert await measured(ada, rule) == {"caught": 2, "held": 2, "upheld": 1, "overturned": 1}


async def test_rules_about_newcomers_do_not_tell_who_asks_without_a_name(
    app: Service, open_room: OpenRoom, ada: Moderator
) -> None:
    rule = await activate_filter(app, ada, trust=0, test={"kind": "anything"})
    newcomer = await open_room.member()

    named = await open_room.ask(newcomer, "Under my name?")
    unnamed = await open_room.ask(newcomer, "Without a name?", anonymous=True)

    assert (named["state"], unnamed["state"]) == ("pending", "live")
    assert (await measured(ada, rule))["caught"] == 1


async def test_what_is_kept_of_an_unnamed_question_says_the_minute_alone(
    app: Service, open_room: OpenRoom, ada: Moderator
) -> None:
    await activate_filter(app, ada, action="flag")
    await activate_filter(app, ada, test={"kind": "alike"})
    asked = await open_room.ask(
        await open_room.member(), "Which casino would you tell us about, and why just that one?", True
    )

    assert asked["state"] == "live"
    for query in (
        "SELECT matched_at FROM rule_matches",
        "SELECT at FROM sketches",
        "SELECT opened_at FROM cases",
        "SELECT at FROM log WHERE event ->> 'type' = 'case_opened'",
    ):
        moments = [row[0] for row in await raw_sql(app.db).fetch(query)]
        assert moments
        assert [(one.second, one.microsecond) for one in moments] == [(0, 0)] * len(moments), query


async def test_a_rule_of_a_room_holds_there_alone_and_not_for_its_hosts(
    app: Service, open_room: OpenRoom
) -> None:
    given: dict[str, Any] = {"name": "Links", "room": open_room.room, "test": {"kind": "links", "most": 0}}
    rule = (await open_room.host.post("/rules", given)).json()["id"]
    assert (await open_room.host.put(f"/rules/{rule}/force", {})).status_code == 200
    for context in app.contexts:
        context.screening.invalidate()
    member = await open_room.member()

    assert (await open_room.ask(member, "See https://shop.example?"))["state"] == "pending"
    assert (await open_room.ask(open_room.host, "See https://shop.example!"))["state"] == "live"
    topics = await member.post(
        "/sectors/mobility/topics", {"title": "A link", "body": "https://shop.example"}
    )
    assert topics.status_code == 201


async def test_a_notice_that_a_rule_catches_waits_for_a_host(
    app: Service, open_room: OpenRoom, ada: Moderator
) -> None:
    rule = await activate_filter(app, ada)
    await change_room(open_room, modules=["questions", "board"])
    column = (await open_room.host.get(f"/rooms/{open_room.room}/columns")).json()["items"][0]["id"]
    member, other = await open_room.member(), await open_room.member()
    given = {"column": column, "title": "Looking", "body": "for a casino"}

    posted = await member.post(f"/rooms/{open_room.room}/notices", given)

    assert (posted.status_code, posted.json()["state"]) == (201, "held"), posted.text
    notice = posted.json()["id"]
    assert (await other.get(f"/notices/{notice}")).status_code == 404
    approved = await open_room.host.put(f"/notices/{notice}/approval", {})
    assert approved.status_code == 200, approved.text
    assert (await other.get(f"/notices/{notice}")).json()["state"] == "published"
    assert await measured(ada, rule) == {"caught": 1, "held": 1, "upheld": 0, "overturned": 1}


@pytest.mark.parametrize("by_host", [False, True])
async def test_a_notice_cannot_be_turned_into_what_rules_hold(
    app: Service, open_room: OpenRoom, ada: Moderator, by_host: bool
) -> None:
    rule = await activate_filter(app, ada)
    await change_room(open_room, modules=["questions", "board"])
    column = (await open_room.host.get(f"/rooms/{open_room.room}/columns")).json()["items"][0]["id"]
    member, other = await open_room.member(), await open_room.member()
    given = {"column": column, "title": "Looking", "body": "for a smelter"}
    notice = (await member.post(f"/rooms/{open_room.room}/notices", given)).json()

    turned = await member.patch(f"/notices/{notice['id']}", {"title": "A casino", "body": "is here"})

    assert turned.status_code == 200, turned.text
    assert turned.json()["held_edit"]["code"] == "held_by_rule"
    for reader in (member, other):
        read = (await reader.get(f"/notices/{notice['id']}")).json()
        assert (read["title"], read["body"]) == ("Looking", "for a smelter")
        assert "held_edit" not in read
    judge = open_room.host if by_host else ada
    waits = (await judge.get("/cases")).json()["items"]
    assert [one["object"] for one in waits] == [{"kind": "post", "id": notice["post"]}]
    decided = await judge.post(
        f"/cases/{waits[0]['id']}/decisions", {"version": waits[0]["version"], "action": "approve"}
    )
    assert decided.status_code == 201, decided.text
    await app.run_jobs()
    read = (await other.get(f"/notices/{notice['id']}")).json()
    assert (read["title"], read["body"]) == ("A casino", "is here")
    assert await measured(ada, rule) == {"caught": 1, "held": 1, "upheld": 0, "overturned": 1}


@pytest.mark.parametrize("anonymous", [False, True])
async def test_hosts_see_what_was_found_in_what_waits_also_once_it_was_edited(
    app: Service, open_room: OpenRoom, ada: Moderator, anonymous: bool
) -> None:
    await activate_filter(app, ada, name="Casinos and the like")
    await change_room(open_room, modules=["questions", "board"])
    await premoderate(open_room, True)
    column = (await open_room.host.get(f"/rooms/{open_room.room}/columns")).json()["items"][0]["id"]
    member = await open_room.member()
    question = await open_room.ask(member, "Which smelter?", anonymous=anonymous)
    given = {"column": column, "title": "Looking", "body": "for a smelter"}
    notice = (await member.post(f"/rooms/{open_room.room}/notices", given)).json()
    assert (question["state"], notice["state"]) == ("pending", "held")
    before = (await open_room.host.get("/cases/pending")).json()["items"]
    assert [one["matches"] for one in before] == [[], []]

    edited = await member.patch(f"/questions/{question['id']}", {"body": "Which casino?"})
    assert (edited.status_code, edited.json()["state"]) == (200, "pending"), edited.text
    reworded = await member.patch(f"/notices/{notice['id']}", {"body": "for a casino"})
    assert (reworded.status_code, reworded.json()["state"]) == (200, "held"), reworded.text

    after = (await open_room.host.get("/cases/pending")).json()["items"]
    assert {one["matches"][0]["name"] for one in after} == {"Casinos and the like"}
    page = await open_room.host.client.get("/queue", headers={"Accept": "text/html"})
    assert page.text.count("by filter: <bdi>Casinos and the like</bdi>") == 2
    kept = await raw_sql(app.db).fetch(
        "SELECT matched_at FROM rule_matches m JOIN questions q USING (post_id)"
    )
    assert [(row[0].second, row[0].microsecond) == (0, 0) for row in kept] == [anonymous]


async def test_what_rules_find_on_boards_is_reported_and_stays(app: Service, ada: Moderator) -> None:
    rule = await activate_filter(app, ada)
    table = await a_board(app)
    member, another = table.member, await a_person(app)

    added = await table.add("The casino", who=member)
    other = await table.add("The smelter", who=member)
    changed = await member.patch(f"/entries/{other['id']}", {"fields": {"title": "The other casino"}})
    assert changed.status_code == 200, changed.text
    note = {"note": "My casino does so, too."}
    backed = await another.put(f"/entries/{added['id']}/confirmations/do_too", note)
    assert backed.status_code == 200, backed.text

    assert await table.titles() == ["The casino", "The other casino"]
    waits = (await ada.get("/cases")).json()["items"]
    assert len(waits) == 3
    assert {match["name"] for case in waits for match in case["matches"]} == {"Casinos"}
    assert await measured(ada, rule) == {"caught": 3, "held": 0, "upheld": 0, "overturned": 0}

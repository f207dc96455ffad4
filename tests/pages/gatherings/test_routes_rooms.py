"""Gatherings and rooms with plain forms: announcing, asking with and without a name, voting, and changing states."""

import re
from datetime import timedelta

import pytest
from markupsafe import escape

from core import clock
from gatherings.questions.ranking import RankedQuestion, RankingContext, explain_rank
from pages.gatherings.room_view import RANKING
from tests.support.browser import Windows, a_browser
from tests.support.pages import key_in, open_page, send, text_in
from tests.support.people import a_person
from tests.support.rooms.page_rooms import TIMES, a_room
from tests.support.service import Service


async def test_times_are_in_the_zone_of_the_gathering(app: Service) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    room = (await host.get(f"/rooms/{await a_room(host)}")).json()
    gathering = (await host.get(f"/gatherings/{room['gathering']}")).json()
    assert gathering["starts_at"] == "2026-05-03T12:00:00Z"
    page = await open_page(host, f"/g/{room['gathering']}")
    assert '<time datetime="2026-05-03T12:00:00Z" data-moment>3 May 2026, 12:00 UTC</time>' in page


async def test_a_refused_gathering_keeps_its_values(app: Service) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    given = {
        "sector": "mobility",
        "title": "Due diligence",
        "kind": "webinar",
        "mode": "virtual",
        "about": "Kept.",
    }
    for wrong, words in (
        ({"time_zone": "Mars/Olympus"}, "time zone is not known"),
        ({"time_zone": "../../etc/passwd"}, "time zone is not known"),
        ({"starts_at": "soon"}, "Enter a date and a time"),
        ({"ends_at": "2020-01-01T00:00"}, "ends after it begins"),
    ):
        refused = await send(host, "/g/new", **given, **TIMES | wrong)
        assert refused.status_code == 422 and words in refused.text, wrong
        assert text_in(refused.text) == "Kept."
    member = await a_person(app, "Jonas")
    assert (await send(member, "/g/new", **given, **TIMES)).status_code == 403


async def test_questions_work_without_scripts(app: Service) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    jonas, fatou = await a_person(app, "Jonas"), await a_person(app, "Fatou")
    room = await a_room(host)
    assert (await send(jonas, f"/r/{room}/questions", body="Who pays?")).status_code == 303
    page = await open_page(fatou, f"/r/{room}")
    number = re.search(r'value="vote (\d+) 1"', page)
    assert number and "Who pays?" in page and "Jonas" in page

    for _ in range(2):
        await send(fatou, f"/r/{room}/act", act=f"vote {number[1]} 1")
    voted = await open_page(fatou, f"/r/{room}")
    assert f'value="vote {number[1]} 0" aria-pressed="true"' in voted and "<b>1</b>" in voted
    assert f"vote {number[1]}" not in await open_page(jonas, f"/r/{room}"), (
        "nobody votes for a question of their own"
    )

    assert ">Mark as answered<" not in voted
    settle = re.search(rf'value="(answered {number[1]} \d+)"', await open_page(host, f"/r/{room}"))
    assert settle
    assert (await send(fatou, f"/r/{room}/act", act=settle[1])).status_code == 403
    assert (await send(host, f"/r/{room}/act", act=settle[1])).status_code == 303
    assert "Who pays?" not in (await open_page(fatou, f"/r/{room}")).partition("<template")[0]
    assert "Who pays?" in await open_page(fatou, f"/r/{room}?show=answered")
    for nonsense in ("", "vote", "vote x 1", "answered 1 x", f"vote {'9' * 5000} 1", "nonsense 1 1"):
        assert (await send(host, f"/r/{room}/act", act=nonsense)).status_code == 422, nonsense


async def test_an_anonymous_question_names_nobody(app: Service) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    jonas, fatou = await a_person(app, "Jonas"), await a_person(app, "Fatou")
    room = await a_room(host)
    key = key_in(await open_page(jonas, f"/r/{room}"))
    for _ in range(2):
        asked = await send(jonas, f"/r/{room}/questions", body="Who is not paid?", anonymous="1", key=key)
        assert asked.status_code == 303
    own = await open_page(jonas, f"/r/{room}")
    assert own.count("Who is not paid?") == 1 and ">Anonymous (you)<" in own and ">Withdraw<" in own
    for other in (host, fatou):
        page = await open_page(other, f"/r/{room}")
        assert "Who is not paid?" in page and jonas.handle not in page and ">Anonymous (you)<" not in page


async def test_a_refused_question_keeps_its_text(app: Service) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    jonas = await a_person(app, "Jonas")
    room = await a_room(host)
    await send(host, f"/r/{room}/state", state="closed")
    refused = await send(jonas, f"/r/{room}/questions", body="Too late?")
    assert refused.status_code == 409 and "This room is not open" in refused.text
    page = await open_page(jonas, f"/r/{room}")
    assert "This room is closed" in page and "<textarea" not in page
    assert (await send(jonas, f"/r/{room}/state", state="open")).status_code == 403


async def test_dismissed_questions_can_be_reopened(app: Service) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    jonas, fatou = await a_person(app, "Jonas"), await a_person(app, "Fatou")
    room = await a_room(host)
    assert "Dismissed <i" not in await open_page(host, f"/r/{room}")
    asked = (await jonas.post(f"/rooms/{room}/questions", {"body": "Who pays?"})).json()["id"]
    await send(host, f"/r/{room}/host", do=f"dismissed {asked} 1", reason="Not about this session")
    there = f"/r/{room}?show=dismissed"
    assert f'href="{there}"' in await open_page(host, f"/r/{room}/host")
    assert "Who pays?" not in await open_page(fatou, there)
    assert "show=dismissed" not in await open_page(jonas, f"/r/{room}")
    page = await open_page(host, there)
    again = re.search(rf'value="(live {asked} \d+)">Reopen', page)
    assert again and "Who pays?" in page and "Not about this session" in page
    assert (await send(host, f"/r/{room}/act", act=again[1])).status_code == 303
    assert "Who pays?" in await open_page(fatou, f"/r/{room}")
    assert "No questions were dismissed." in await open_page(host, there)


async def test_a_closed_room_has_no_next_question(app: Service) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    room = await a_room(host)
    asked = (await host.post(f"/rooms/{room}/questions", {"body": "Who pays?"})).json()
    move = {"state": "shortlisted", "version": asked["version"]}
    assert (await host.put(f"/questions/{asked['id']}/state", move)).status_code == 200
    assert ">Next<" in await open_page(host, f"/r/{room}")
    await send(host, f"/r/{room}/state", state="closed")
    page = await open_page(host, f"/r/{room}")
    assert ">Next<" not in page and ">On the shortlist<" in page


async def test_a_closed_room_shows_its_answers_when_nothing_is_open(app: Service) -> None:
    host = await a_person(app, duties=[("administrator", None)])
    room = await a_room(host)
    asked = (await host.post(f"/rooms/{room}/questions", {"body": "Who pays?"})).json()
    move = {"state": "answered", "version": asked["version"], "answer": "The buyer."}
    assert (await host.put(f"/questions/{asked['id']}/state", move)).status_code == 200
    assert "Who pays?" not in await open_page(host, f"/r/{room}"), (
        "in an open room, open questions come first"
    )
    await send(host, f"/r/{room}/state", state="closed")
    assert "Who pays?" in await open_page(host, f"/r/{room}")
    assert "No questions yet." in await open_page(host, f"/r/{room}?show=live")


async def test_who_has_not_confirmed_the_address_learns_how_to_ask(app: Service) -> None:
    room = await a_room(await a_person(app, duties=[("administrator", None)]))
    words = "To ask and vote, open the link"
    assert words in await open_page(await a_person(app, "Newly", verified=False), f"/r/{room}")
    assert words not in await open_page(await a_person(app, "Jonas"), f"/r/{room}")


async def test_the_page_orders_questions_as_the_server_does(app: Service) -> None:
    host, now = await a_person(app, duties=[("administrator", None)]), clock.now()
    room = await a_room(host)
    for path in (f"/r/{room}", f"/r/{room}/host"):
        assert f'data-ranking="{escape(RANKING)}"' in await open_page(host, path)
    cases = [
        (wanted, voters, minutes, heard)
        for wanted, voters in ((0, 0), (1, 1), (3, 40), (40, 40), (50, 40))
        for minutes in (0, 7, 30, 1000)
        for heard in ((), ("academia",), ("industry",))
    ]
    by_server = [
        explain_rank(
            RankedQuestion(1, wanted, now - timedelta(minutes=minutes), "academia"),
            RankingContext(voters, frozenset(heard)),
            now,
        ).score
        for wanted, voters, minutes, heard in cases
    ]
    async with a_browser() as browser:
        page = await Windows(browser, app).open(f"/r/{room}", host)
        script = await page.locator("script[src$='room.js']").get_attribute("src")
        by_page = await page.evaluate(
            """async ([script, cases]) => {
              const { balance, score } = await import(script.replace("room.js", "ranking.js"));
              const lift = (heard) => balance("academia", heard);
              return cases.map(([wanted, voters, minutes, heard]) => score(wanted, voters, minutes, lift(heard)));
            }""",
            [script, cases],
        )
    assert by_page == pytest.approx(by_server, abs=1e-6)

"""Bookmarks on pages without a script: the form with its note and reminder, the list, and the mark on the post."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from core import clock
from pages.forum.topics.reminder_fields import morning_of
from tests.support.moderation.hidden_posts import hide_rows
from tests.support.pages import open_page, send
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service

VIENNA = ZoneInfo("Europe/Vienna")


async def remind_at(person: Person) -> str | None:
    """Return the time of the reminder of the only bookmark."""
    (item,) = (await person.get("/bookmarks")).json()["items"]
    found: str | None = item["remind_at"]
    return found


async def test_a_post_is_bookmarked_changed_and_removed_without_a_script(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic, "We compared both."))["id"]
    address = f"/t/{topic}/cobalt-tracing"
    assert f'href="/p/{post}/bookmark">Bookmark</a>' in await open_page(amina, address)
    form = await open_page(amina, f"/p/{post}/bookmark")
    assert "We compared both." in form and "Remove bookmark" not in form

    answer = await send(
        amina,
        f"/p/{post}/bookmark",
        note="For Monday",
        when="at",
        at="2099-07-01T10:30",
        time_zone="Europe/Vienna",
    )

    assert (answer.status_code, answer.headers["location"]) == (303, f"{address}/2?done=bookmarked#p2")
    assert await remind_at(amina) == "2099-07-01T08:30:00Z"
    page = await open_page(amina, address)
    assert f'<a class="state bookmarked" href="/p/{post}/bookmark">Bookmarked</a>' in page
    assert page.count("Bookmarked</a>") == 1
    assert "For Monday" in await open_page(amina, "/bookmarks")
    await amina.patch("/me/mail", {"time_zone": "Africa/Lubumbashi"})
    form = await open_page(amina, f"/p/{post}/bookmark")
    assert 'value="2099-07-01T10:30"' in form and 'value="Africa/Lubumbashi"' in form
    answer = await send(amina, f"/p/{post}/bookmark", do="remove")
    assert answer.headers["location"] == f"{address}/2?done=bookmark-removed#p2"
    assert "No bookmarks yet" in await open_page(amina, "/bookmarks")


async def test_a_date_that_was_typed_counts_though_never_was_left_above_it(app: Service) -> None:
    amina = await a_person(app)
    post = (await a_reply(amina, (await a_topic(amina))["id"], "So."))["id"]
    fields = {"note": "", "when": "none", "at": "2099-01-01T10:00", "was": "", "time_zone": "Europe/Vienna"}
    await send(amina, f"/p/{post}/bookmark", **fields)
    assert await remind_at(amina) == "2099-01-01T09:00:00Z"
    await send(amina, f"/p/{post}/bookmark", **fields | {"was": "2099-01-01T10:00"})
    assert await remind_at(amina) is None


@pytest.mark.parametrize(
    ("now", "tomorrow", "next_week"),
    [
        # A Saturday in summer, a Monday before the clocks are put back, and a Sunday in Vienna that is a Saturday in UTC.
        ("2026-07-04T10:00", "2026-07-05T06:00", "2026-07-06T06:00"),
        ("2026-10-19T10:00", "2026-10-20T06:00", "2026-10-26T07:00"),
        ("2026-07-04T22:30", "2026-07-06T06:00", "2026-07-06T06:00"),
    ],
)
def test_tomorrow_and_next_week_are_those_of_the_member(now: str, tomorrow: str, next_week: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = [
        f"{morning_of(is_tomorrow, VIENNA, at).astimezone(UTC):%Y-%m-%dT%H:%M}"
        for is_tomorrow in (True, False)
    ]
    assert found == [tomorrow, next_week]


async def test_reminders_of_tomorrow_and_next_week_are_saved(app: Service) -> None:
    amina = await a_person(app)
    post = (await a_reply(amina, (await a_topic(amina))["id"], "So."))["id"]
    for when, is_tomorrow in (("tomorrow", True), ("next_week", False)):
        await send(amina, f"/p/{post}/bookmark", note="", when=when, at="", time_zone="Europe/Vienna")
        wanted = morning_of(is_tomorrow, VIENNA, clock.now()).astimezone(UTC)
        assert await remind_at(amina) == f"{wanted:%Y-%m-%dT%H:%M:%SZ}"


async def test_a_refused_form_keeps_what_was_typed(app: Service) -> None:
    amina = await a_person(app)
    post = (await a_reply(amina, (await a_topic(amina))["id"], "So."))["id"]
    answer = await send(
        amina,
        f"/p/{post}/bookmark",
        note="For Monday",
        when="at",
        at="2020-01-01T10:00",
        time_zone="Europe/Vienna",
    )
    assert answer.status_code == 422
    assert "Choose a time in the future." in answer.text and 'value="For Monday"' in answer.text
    assert re.search(r'<p class="wrong" id="at-wrong">', answer.text)
    # An hour that does not exist, because the clocks are put forward over it.
    answer = await send(
        amina, f"/p/{post}/bookmark", note="", when="at", at="2027-03-28T02:30", time_zone="Europe/Vienna"
    )
    assert answer.status_code == 422 and "does not exist" in answer.text


async def test_the_list_is_searched_and_says_nothing_of_what_is_out_of_sight(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina, "Cobalt of the hills"))["id"]
    seen, hidden = [(await a_reply(amina, topic, text))["id"] for text in ("A <b>lark</b>.", "A pteranodon.")]
    for post in (seen, hidden):
        await jonas.put(f"/posts/{post}/bookmark", {"note": f"Note <{post}>"})
    await hide_rows(app.db, hidden)

    page = await open_page(jonas, "/bookmarks")

    assert "pteranodon" not in page and page.count("This post is no longer visible") == 1
    assert page.count("Cobalt of the hills</a>") == 1 and f"Note &lt;{hidden}&gt;" in page
    assert f'href="/p/{hidden}' not in page
    page = await open_page(jonas, "/bookmarks?q=lark&order=reminder")
    assert page.count('name="remove"') == 1 and 'value="lark"' in page
    assert "None of your bookmarks contains this." in await open_page(jonas, "/bookmarks?q=pteranodon")
    await open_page(jonas, f"/p/{hidden}/bookmark", 404)
    assert (
        await send(jonas, f"/p/{hidden}/bookmark", note="", when="none", time_zone="UTC")
    ).status_code == 404
    answer = await send(jonas, "/bookmarks", remove=hidden, back="/bookmarks?order=reminder")
    assert answer.headers["location"] == "/bookmarks?order=reminder&done=bookmark-removed"
    assert "no longer visible" not in await open_page(jonas, "/bookmarks")


async def test_visitors_and_others_see_no_bookmark(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic, "So."))["id"]
    await jonas.put(f"/posts/{post}/bookmark", {"note": "Mine"})
    visitor = app.client()
    for reader in (amina, visitor):
        page = await open_page(reader, f"/t/{topic}/cobalt-tracing")
        assert "Bookmarked</a>" not in page and "Mine" not in page
    assert "/bookmark" not in page and f'<a class="at" href="/t/{topic}/cobalt-tracing/2#p2">' in page
    assert f'<a class="act link" href="/p/{post}">Share</a>' in await open_page(
        amina, f"/t/{topic}/cobalt-tracing"
    )
    await open_page(visitor, "/bookmarks", 401)
    await open_page(visitor, f"/p/{post}/bookmark", 401)

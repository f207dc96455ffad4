"""The order of posts: a member chooses it once for all topics, and an address can override it."""

import re

import httpx2
from playwright.async_api import expect

from tests.support.browser import Windows, settled
from tests.support.pages import open_page
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service

IN_TREE, IN_TIME = [1, 2, 4, 3], [1, 2, 3, 4]


async def a_talk(person: Person, title: str = "Cobalt tracing") -> str:
    """Return the address of a topic whose last post replies to its second."""
    topic = (await a_topic(person, title))["id"]
    second = await a_reply(person, topic, "Two.")
    await a_reply(person, topic, "Three.")
    await a_reply(person, topic, "To two.", second["id"])
    return f"/t/{topic}/{title.lower().replace(' ', '-')}"


async def shown(who: Person | httpx2.AsyncClient, path: str) -> list[int]:
    """Return the numbers of the posts on a page, from top to bottom."""
    page, _, _ = (await open_page(who, path)).partition("<template")
    return [int(number) for number in re.findall(r'<article class="post[^>]* id="p(\d+)"', page)]


async def test_a_chosen_order_applies_to_all_topics(app: Service, client: httpx2.AsyncClient) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    here, there = await a_talk(amina), await a_talk(jonas, "Mica from mines")
    assert await shown(amina, here) == IN_TREE

    chosen = await amina.client.post(f"{here}/order", data={"order": "time"})
    assert (chosen.status_code, chosen.headers["location"]) == (303, here)

    for path in (here, there, f"{there}/3"):
        assert await shown(amina, path) == IN_TIME, path
        assert await shown(jonas, path) == await shown(client, path) == IN_TREE, path
    assert (await amina.get("/me")).json()["post_order"] == "time"
    assert (await jonas.get("/me")).json()["post_order"] == "tree"


async def test_an_order_in_the_address_applies_once(app: Service, client: httpx2.AsyncClient) -> None:
    amina = await a_person(app)
    here = await a_talk(amina)
    for who in (amina, client):
        assert await shown(who, f"{here}?order=time") == IN_TIME
        assert await shown(who, f"{here}/3?order=time") == IN_TIME
        assert await shown(who, here) == IN_TREE

    await amina.patch("/me/profile", {"post_order": "time"})
    assert await shown(amina, here) == IN_TIME
    assert await shown(amina, f"{here}?order=tree") == IN_TREE
    assert await shown(amina, f"{here}?branch=2") == [2, 4]
    await amina.client.post("/settings/profile", data={"display_name": "Amina"})
    assert await shown(amina, here) == IN_TIME


async def test_pagination_keeps_the_tree_order(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    await amina.patch("/me/profile", {"post_order": "time"})
    here = await a_talk(amina)
    topic = int(here.split("/")[2])
    for number in range(5, 53):
        await a_reply(amina, topic, f"Post {number}.")
    (more,) = re.findall(r'rel="next" href="([^"]+)"', await open_page(jonas, here))
    assert "order" not in more
    assert await shown(amina, more) == await shown(jonas, more) == [51, 52]
    (own,) = re.findall(r'rel="next" href="([^"]+)"', (await open_page(amina, here)).replace("&amp;", "&"))
    assert "order=time" in own and await shown(jonas, own) == [51, 52]


async def test_unknown_orders_are_refused(app: Service) -> None:
    amina = await a_person(app)
    here = await a_talk(amina)
    assert (await amina.client.post(f"{here}/order", data={"order": "votes"})).status_code == 422
    assert (await amina.patch("/me/profile", {"post_order": None})).status_code in (400, 422)
    assert (await amina.get("/me")).json()["post_order"] == "tree"


async def test_one_button_sets_the_order_of_all_topics(app: Service, windows: Windows) -> None:
    amina = await a_person(app)
    here, there = await a_talk(amina), await a_talk(amina, "Mica from mines")
    page = await settled(await windows.open(here, amina))
    await page.get_by_role("button", name="Time", exact=True).click()
    await expect(page.get_by_role("button", name="Time", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    await page.goto(there)
    await expect(page.locator("article.post").nth(2)).to_have_attribute("id", "p3")
    await page.get_by_role("button", name="Tree", exact=True).click()
    await expect(page.locator("article.post").nth(2)).to_have_attribute("id", "p4")

"""Tests of tags, their groups and synonyms; they reveal nothing about topics that the reader cannot see."""

import asyncio
import re
from typing import Any

import pytest_asyncio

from forum.tags.groups import create_initial_tag_groups
from tests.support.moderation.hidden_posts import give_topics_reason
from tests.support.pages import send
from tests.support.people import Person, a_person, a_topic
from tests.support.service import Service, raw_sql


class Shelf:
    """A member who opens topics, and a moderator of another sector, who tends tags all the same."""

    def __init__(self, app: Service, author: Person, keeper: Person) -> None:
        self.app, self.author, self.keeper = app, author, keeper

    async def topic(self, *tags: str, title: str = "Cobalt tracing", who: Person | None = None) -> int:
        return int((await a_topic(who or self.author, title, tags=list(tags)))["id"])

    async def tags_of(self, topic: int) -> list[str]:
        tags: list[str] = (await self.author.get(f"/topics/{topic}")).json()["tags"]
        return tags

    async def listed(self, who: Person | None = None) -> dict[str, dict[str, Any]]:
        answer = await (who or self.author).get("/tags")
        return {one["name"]: one for one in answer.json()["items"]}

    async def join(self, name: str, of: str) -> dict[str, Any]:
        answer = await self.keeper.put(f"/tags/{name}/synonym", {"of": of})
        assert answer.status_code == 200, answer.text
        facts: dict[str, Any] = answer.json()
        return facts

    async def group(self, name: str, *tags: str, **holds: bool) -> int:
        made = await self.keeper.post("/tag-groups", {"name": name, **holds})
        assert made.status_code == 201, made.text
        for tag in tags:
            changed = await self.keeper.patch(f"/tags/{tag}", {"group": made.json()["id"]})
            assert changed.status_code == 200, changed.text
        return int(made.json()["id"])


@pytest_asyncio.fixture
async def shelf(app: Service) -> Shelf:
    return Shelf(app, await a_person(app), await a_person(app, "Kim", duties=[("moderator", "electronics")]))


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_community_begins_with_the_groups_of_its_file(shelf: Shelf) -> None:
    # The first test of a run finds what the service began with.
    for table in ("tags", "tag_groups"):
        await raw_sql(shelf.app.db).execute(f"DELETE FROM {table}")
    for groups in ([("Materials", ["cobalt", "tin"])], [("Others", ["gold"])]):
        async with shelf.app.db.begin() as tx:
            await create_initial_tag_groups(tx, groups)
    page = (await shelf.author.get("/tags")).json()
    names = {group["id"]: group["name"] for group in page["groups"]}
    cobalt = next(one for one in page["items"] if one["name"] == "cobalt")
    assert (names[cobalt["group"]], cobalt["topics"]) == ("Materials", 0)
    assert list(names.values()) == ["Materials"], "what is there is left to those who tend it"


async def test_a_synonym_becomes_its_tag_wherever_it_is_typed(shelf: Shelf) -> None:
    topic = await shelf.topic("drc", "audits")
    both = await shelf.topic("drc", "congo")
    await shelf.author.put("/tags/drc/following", {"level": "watching"})

    facts = await shelf.join("drc", "congo")

    assert (facts["tag"]["topics"], facts["tag"]["synonyms"], facts["related"]) == (2, ["drc"], ["audits"])
    assert (await shelf.tags_of(topic), await shelf.tags_of(both)) == (["audits", "congo"], ["congo"])
    assert await shelf.tags_of(await shelf.topic("drc")) == ["congo"]
    changed = await shelf.author.patch(f"/topics/{topic}", {"tags": ["drc"]})
    assert changed.json()["tags"] == ["congo"]
    assert (await shelf.author.get("/tags/drc/following")).json()["level"] == "watching"
    assert [
        one["id"] for one in (await shelf.author.get("/following")).json()["items"] if one["scope"] == "tag"
    ] == ["congo"]
    assert "drc" not in await shelf.listed()
    assert (await shelf.author.get("/tags/drc")).json()["tag"]["name"] == "congo"
    assert (await shelf.author.client.get("/tags/drc")).headers["location"] == "/tags/congo"


async def test_tags_are_joined_into_a_name_that_nothing_has_yet(shelf: Shelf) -> None:
    facts = await shelf.join("child-labor", "child-labour")

    assert (facts["tag"]["name"], facts["tag"]["topics"]) == ("child-labour", 0)
    assert (await shelf.listed())["child-labour"]["synonyms"] == ["child-labor"]
    assert await shelf.tags_of(await shelf.topic("child-labor")) == ["child-labour"]
    assert (await shelf.keeper.delete("/tags/child-labor/synonym")).status_code in (200, 204)
    assert (await shelf.listed())["child-labour"]["topics"] == 1


async def test_search_feeds_and_lists_know_synonyms(shelf: Shelf) -> None:
    topic = await shelf.topic("congo", title="Ituri")
    await shelf.join("drc", "congo")
    await shelf.app.run_jobs()
    for query in ("tag:drc", "tag:congo"):
        found = (await shelf.author.get("/search", params={"q": query})).json()["items"]
        assert [one["topic"] for one in found] == [topic]
    listed = (await shelf.author.get("/sectors/mobility/topics", params={"tag": "drc"})).json()["items"]
    assert [one["id"] for one in listed] == [topic]
    assert "Ituri" in (await shelf.author.client.get("/feeds/tags/drc.atom")).text


async def test_what_is_renamed_keeps_its_old_name_as_a_synonym(shelf: Shelf) -> None:
    topic = await shelf.topic("zaire")
    await shelf.join("belgian-congo", "zaire")
    renamed = await shelf.keeper.patch("/tags/zaire", {"name": "congo", "about": "The country since 1997."})
    assert renamed.json()["tag"] | {"group": None} == {
        "name": "congo",
        "about": "The country since 1997.",
        "group": None,
        "synonyms": ["belgian-congo", "zaire"],
        "topics": 1,
    }
    assert await shelf.tags_of(topic) == ["congo"]
    await shelf.topic("ituri")
    assert code(await shelf.keeper.patch("/tags/ituri", {"name": "congo"})) == (409, "tag_taken")
    assert code(await shelf.keeper.put("/tags/ituri/synonym", {"of": "zaire"})) == (422, "own_synonym")
    assert code(await shelf.keeper.put("/tags/ituri/synonym", {"of": "ituri"})) == (422, "own_synonym")
    assert (await shelf.keeper.delete("/tags/zaire/synonym")).status_code == 204
    assert code(await shelf.keeper.delete("/tags/zaire/synonym")) == (404, "not_found")
    assert await shelf.tags_of(await shelf.topic("zaire")) == ["zaire"]


async def test_groups_say_how_many_and_who(shelf: Shelf) -> None:
    topic = await shelf.topic("draft", "final")
    await shelf.group("Stage", "draft", "final", one_only=True)
    assert await shelf.tags_of(topic) == ["draft", "final"], "what is there stays"
    two = await shelf.author.post(
        "/sectors/mobility/topics", {"title": "Two", "body": "Two.", "tags": ["draft", "final"]}
    )
    assert (code(two), two.json()["field"]) == ((422, "one_tag_of_group"), "tags")

    await shelf.topic("official")
    await shelf.group("Standing", "official", for_moderators=True)
    mine = await shelf.topic("draft")
    assert code(await shelf.author.patch(f"/topics/{mine}", {"tags": ["draft", "official"]})) == (
        403,
        "tag_for_moderators",
    )
    moderator = await a_person(shelf.app, "Mod", duties=[("moderator", "mobility")])
    assert (await moderator.patch(f"/topics/{mine}", {"tags": ["official"]})).status_code == 200
    assert code(await shelf.author.patch(f"/topics/{mine}", {"tags": []})) == (403, "tag_for_moderators")
    kept = await shelf.author.patch(f"/topics/{mine}", {"tags": ["official", "draft"]})
    assert kept.json()["tags"] == ["draft", "official"]
    assert code(await shelf.keeper.post("/tag-groups", {"name": "stage"})) == (409, "group_taken")


async def test_a_tag_that_is_removed_is_gone_from_topics_and_followers(shelf: Shelf) -> None:
    topic = await shelf.topic("rude-word", "cobalt")
    await shelf.author.put("/tags/rude-word/following", {"level": "watching"})
    async with shelf.app.listening(f"topic:{topic}") as line:
        assert (await shelf.keeper.delete("/tags/rude-word")).status_code == 204
        heard = await line.next()
    assert heard["event"]["topic"]["tags"] == ["cobalt"]
    assert code(await shelf.author.get("/tags/rude-word")) == (404, "not_found")
    assert "rude-word" not in await shelf.listed()
    scopes = [one["scope"] for one in (await shelf.author.get("/following")).json()["items"]]
    assert "tag" not in scopes
    kinds = await raw_sql(shelf.app.db).fetch("SELECT kind FROM audit WHERE kind LIKE 'tag%' ORDER BY number")
    assert [row["kind"] for row in kinds][-1] == "tag_removed"


async def test_tags_of_topics_that_one_cannot_see_are_not_there(shelf: Shelf) -> None:
    shown, hidden = await shelf.topic("shown"), await shelf.topic("shown", "secret")
    assert (await shelf.listed())["shown"]["topics"] == 2
    await give_topics_reason(shelf.app.db, hidden)
    await raw_sql(shelf.app.db).execute("UPDATE topics SET hidden_at = now() WHERE id = $1", hidden)
    reader = await a_person(shelf.app, "Reader")
    listed = await shelf.listed(reader)
    assert (listed["shown"]["topics"], "secret" in listed) == (1, False)
    assert code(await reader.get("/tags/secret")) == (404, "not_found")
    assert (await reader.get("/tags/shown")).json()["related"] == []
    for path in ("/tags", "/tags/shown", "/s/mobility/new"):
        page = await reader.client.get(path)
        assert (page.status_code, "secret" in page.text) == (200, False), path
    assert shown


async def test_joining_and_tagging_at_once_leaves_no_synonym_on_a_topic(shelf: Shelf) -> None:
    topics = [await shelf.topic("congo", title=f"Topic {number}") for number in range(6)]
    retag = [shelf.author.patch(f"/topics/{topic}", {"tags": ["drc", "gold"]}) for topic in topics]
    answers = await asyncio.gather(*retag[:3], shelf.join("drc", "congo"), *retag[3:])
    assert all(answer.status_code == 200 for answer in answers if not isinstance(answer, dict))
    for topic in topics:
        assert await shelf.tags_of(topic) == ["congo", "gold"]


async def test_tags_are_tended_on_pages_without_a_script(shelf: Shelf) -> None:
    topic = await shelf.topic("drc")
    page = await shelf.author.client.get("/tags")
    assert ">drc</a>" in page.text and "New group" not in page.text
    await send(shelf.keeper, "/tags", deed="make", name="Countries", holds="one_only")
    group = next(
        one for one in (await shelf.keeper.get("/tags")).json()["groups"] if one["name"] == "Countries"
    )
    assert group["one_only"] is True
    about = {"name": "drc", "about": "A country.", "group": str(group["id"])}
    assert (
        (await send(shelf.keeper, "/tags/drc", deed="change", **about))
        .headers["location"]
        .startswith("/tags/drc")
    )
    assert "A country." in (await shelf.author.client.get("/tags/drc")).text
    joined = await send(shelf.keeper, "/tags/drc", deed="join", of="Congo ")
    assert joined.headers["location"].startswith("/tags/congo")
    refused = await send(shelf.keeper, "/tags/congo", deed="join", of="?!")
    assert refused.status_code == 422 and "?!" in refused.text
    assert (await send(shelf.keeper, "/tags/congo", deed="part", synonym="\0")).status_code == 422
    assert (await send(shelf.keeper, "/tags/congo", deed="part", synonym="drc")).status_code == 303
    assert (await send(shelf.keeper, "/tags/congo", deed="remove")).headers["location"].startswith("/tags")
    assert await shelf.tags_of(topic) == []
    assert (await send(shelf.keeper, "/tags", deed="remove", group=str(group["id"]))).status_code == 303


async def test_title_and_tags_are_changed_on_a_page(shelf: Shelf) -> None:
    topic = await shelf.topic("cobalt")
    page = (await shelf.author.client.get(f"/change/{topic}")).text
    version = re.search(r'name="version" value="(\d+)"', page)[1]  # type: ignore[index]
    assert 'value="Cobalt tracing"' in page and 'value="cobalt"' in page
    both = {"title": "Cobalt and gold", "tags": "Gold, cobalt", "version": version}
    assert (await send(shelf.author, f"/change/{topic}", **both)).status_code == 303
    changed = (await shelf.author.get(f"/topics/{topic}")).json()
    assert (changed["title"], changed["tags"]) == ("Cobalt and gold", ["cobalt", "gold"])
    late = await send(shelf.author, f"/change/{topic}", **both | {"title": "Late"})
    assert late.status_code == 412 and 'value="Late"' in late.text
    both["version"] = str(changed["version"])
    wrong = await send(shelf.author, f"/change/{topic}", **both | {"tags": "Größe, ?!"})
    assert wrong.status_code == 422 and "Separate tags with" in wrong.text

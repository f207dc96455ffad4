"""What is offered while somebody types: each reader is offered what they can see, in their language."""

import re
from html import unescape
from urllib.parse import quote

import httpx2
import pytest

from core.languages.names import share_names
from pages.site.routes_finding import Group, Offer, share
from tests.support.boards import a_board
from tests.support.moderation.hidden_posts import give_topics_reason
from tests.support.pages import BROWSER
from tests.support.people import Person, a_person, a_topic
from tests.support.rooms.private_room import WORD, a_private_room
from tests.support.service import Service, raw_sql


async def offered(
    app: Service, who: Person | httpx2.AsyncClient, typed: str, of: str = "", language: str = "en"
) -> dict[str, list[str]]:
    """Return the names that are offered, by the headings of their groups."""
    app.clear_caches()
    client = who.client if isinstance(who, Person) else who
    more = f"&of={of}" if of else ""
    answer = await client.get(f"/offers?q={quote(typed)}&lang={language}{more}", headers=BROWSER)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"].startswith("private")
    found = {}
    for group in answer.text.split('<div role="group" ')[1:]:
        heading = re.search(r'aria-label="([^"]*)"', group)
        assert heading
        names = re.findall(r'<a role="option"[^>]*>.*?<bdi>(.*?)</bdi>', group, re.S)
        found[heading[1]] = [re.sub(r"<[^>]*>", "", unescape(name)).strip() for name in names]
    return found


async def addresses(app: Service, who: Person, typed: str) -> list[str]:
    """Return the addresses of what is offered."""
    app.clear_caches()
    answer = await who.client.get(f"/offers?q={quote(typed)}", headers=BROWSER)
    return re.findall(r'href="([^"]*)"', answer.text)


async def test_all_kinds_are_offered_in_groups_with_their_addresses(app: Service) -> None:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    amina = await a_person(app, "Mobina")
    topic = (await a_topic(amina, "Mobile smelters", tags=["mobile-smelting"]))["id"]
    times = {"starts_at": "2098-01-01T10:00:00Z", "ends_at": "2099-01-01T10:00:00Z"}
    event = await root.post("/gatherings", {"sector": "mobility", "title": "Mobile labs", **times})
    board = await a_board(app, title="Mobility practice")
    await app.run_jobs()
    assert await offered(app, amina, "mobi") == {
        "Topics": ["Mobile smelters"],
        "Sectors": ["Mobility"],
        "Tags": ["#mobile-smelting"],
        "Events": ["Mobile labs"],
        "Stock-takes": ["Mobility practice"],
        "People": ["Mobina"],
    }
    found = await addresses(app, amina, "mobi")
    assert found[:4] == [f"/t/{topic}", "/s/mobility", "/tags/mobile-smelting", f"/g/{event.json()['id']}"]
    for address in found:
        answer = await amina.client.get(address, headers=BROWSER, follow_redirects=True)
        assert answer.status_code == 200, address
    assert answer.url.path == f"/m/{amina.handle}"
    assert await offered(app, amina, "mobi", of="topics") == {
        "Topics": ["Mobility practice", "Mobile smelters"]
    }
    assert board.id


async def test_topics_are_found_in_every_script_by_the_beginning_of_any_word(app: Service) -> None:
    amina = await a_person(app)
    for title in ("Traçabilité du cobalt", "刚果钴矿供应链", "تتبع الكوبالت"):
        await a_topic(amina, title)
    await app.run_jobs()
    for typed, title in (
        ("tracab", "Traçabilité du cobalt"),
        ("DU COB", "Traçabilité du cobalt"),
        ("钴矿", "刚果钴矿供应链"),
        ("كوبالت", "تتبع الكوبالت"),
    ):
        assert await offered(app, amina, typed) == {"Topics": [title]}, typed
    for nothing in ("acab", "cobalt nickel", "c", "", "in:mobility cobalt"):
        assert await offered(app, amina, nothing) == {}, nothing
    assert (await amina.client.get(f"/offers?q={'c' * 101}", headers=BROWSER)).status_code == 422


async def test_nobody_is_offered_a_topic_or_its_tag_that_they_cannot_see(app: Service) -> None:
    author, member = await a_person(app, "Author"), await a_person(app, "Mia")
    people: dict[str, Person | httpx2.AsyncClient] = {
        "visitor": app.client(),
        "stranger": await a_person(app, "Stan", duties=[("moderator", "electronics")]),
        "member": member,
        "moderator": await a_person(app, "Mod", duties=[("moderator", "mobility")]),
        "administrator": await a_person(app, "Ada", duties=[("administrator", None)]),
    }
    topic = (await a_topic(author, "Quetzal sightings", tags=["quetzal"]))["id"]
    await app.run_jobs()
    shown = {"Topics": ["Quetzal sightings"], "Tags": ["#quetzal"]}
    assert [await offered(app, who, "quetz") for who in people.values()] == [shown] * 5

    await raw_sql(app.db).execute("UPDATE topics SET readers = 'members' WHERE id = $1", topic)
    found = {name: await offered(app, who, "quetz") for name, who in people.items()}
    assert found == {name: {} if name == "visitor" else shown for name in people}

    await raw_sql(app.db).execute("UPDATE topics SET readers = 'listed' WHERE id = $1", topic)
    found = {name: await offered(app, who, "quetz") for name, who in people.items()}
    assert {name for name, seen in found.items() if seen} == {"moderator", "administrator"}

    await give_topics_reason(app.db)
    await raw_sql(app.db).execute(
        "UPDATE topics SET readers = 'everyone', hidden_at = now() WHERE id = $1", topic
    )
    found = {name: await offered(app, who, "quetz") for name, who in people.items()}
    assert found == {name: shown if name in ("moderator", "administrator") else {} for name in people}


async def test_a_private_room_is_offered_to_those_whom_it_admits(app: Service) -> None:
    private = await a_private_room(app, "invited")
    await app.run_jobs()
    room = {"Topics": [f"{WORD} room"]}
    for who in (app.client(), await a_person(app, "Stan")):
        assert await offered(app, who, WORD[:5]) == {}
    assert await offered(app, private.guest, WORD[:5]) == room
    await private.lose("uninvited")
    assert await offered(app, private.guest, WORD[:5]) == {}
    assert await offered(app, private.root, WORD[:5]) == room


async def test_people_are_offered_to_members_and_to_others_by_their_whole_name_only(app: Service) -> None:
    asking = await a_person(app, "Asker")
    found = await a_person(app, "Wilhelmina Quist")
    await a_person(app, "Wilhelm", verified=False)
    await app.run_jobs()
    assert await offered(app, asking, "wilh") == {"People": ["Wilhelmina Quist"]}
    assert await offered(app, asking, "quis") == {"People": ["Wilhelmina Quist"]}
    visitor = app.client()
    assert await offered(app, visitor, "wilh") == {}
    assert await offered(app, visitor, "Wilhelmina Quist") == {"People": ["Wilhelmina Quist"]}
    assert await offered(app, visitor, "Wilhelm") == {}
    # A member who is suspended reads what visitors read.
    root = await a_person(app, "Root", duties=[("administrator", None)])
    suspended = await root.post(
        f"/accounts/{asking.handle}/suspensions",
        {"days": 3, "reason": {"rule": "No selling", "facts": "It sells."}},
    )
    assert suspended.status_code == 201, suspended.text
    assert await offered(app, asking, "wilh") == {}
    # Who was erased is nobody any more.
    await raw_sql(app.db).execute("DELETE FROM search_people WHERE member_id = $1", found.id)
    assert await offered(app, visitor, "Wilhelmina Quist") == {}


async def test_names_are_in_the_language_of_the_reader(app: Service) -> None:
    share_names({"smelting": {"de": "Schmelzen", "ar": "الصهر"}})
    amina = await a_person(app)
    await a_topic(amina, "Furnaces", tags=["smelting"])
    await raw_sql(app.db).execute("""UPDATE topics SET titles = '{"de": "Die Öfen", "zh": "熔炉"}'""")
    await app.run_jobs()
    assert await offered(app, amina, "schme", language="de") == {"Schlagwörter": ["#Schmelzen"]}
    assert await offered(app, amina, "صهر", language="ar") == {"الوسوم": ["#الصهر"]}
    assert await offered(app, amina, "ofen", language="de") == {"Themen": ["Die Öfen"]}
    assert await offered(app, amina, "furn", language="de") == {"Themen": ["Die Öfen"]}
    assert await offered(app, amina, "Mobil", language="de") == {"Bereiche": ["Mobilität"]}


async def test_a_synonym_offers_its_tag(app: Service) -> None:
    amina = await a_person(app, duties=[("administrator", None)])
    await a_topic(amina, "Furnaces", tags=["smelting"])
    joined = await amina.put("/tags/founding/synonym", {"of": "smelting"})
    assert joined.status_code == 200, joined.text
    assert await offered(app, amina, "found") == {"Tags": ["#smelting"]}


@pytest.mark.parametrize(
    ("sizes", "taken"),
    [([9, 0, 0], [8]), ([9, 9, 9], [3, 3, 2]), ([1, 9, 1], [1, 6, 1]), ([0, 0], []), ([1] * 9, [1] * 8)],
)
def test_each_kind_has_its_share_of_the_list(sizes: list[int], taken: list[int]) -> None:
    groups = [Group("", [Offer(address="/", name="")] * size) for size in sizes]
    assert [len(group.items) for group in share(groups, 8)] == taken

"""A world: at least one object of every kind and a person of each role, for tests that try everything with everybody."""

from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

from msgspec import Struct

from core import clock
from pages.routes import routes as page_routes
from tests.support import boards, permission_matrix, rows
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.requests import GOOD, ROUTES, UNRULED
from tests.support.service import Service, raw_sql

# The world of each service, and the SQL that restores it.
_made: MutableMapping[Service, tuple["World", str]] = WeakKeyDictionary()


class World(Struct):
    """A topic with a post, an open room with a question, and a person of each role; the objects belong to the author."""

    people: dict[str, Person | None]
    places: dict[str, Any]
    author: Person


async def a_world(app: Service) -> World:
    """Return the world. It is created once in a test run; after that its rows are restored, which is much faster."""
    if app not in _made:
        world = await _make(app)
        await app.run_jobs()
        _made[app] = (world, await rows.copy_rows(app.owner_url))
    world, kept = _made[app]
    await rows.restore_rows(app.owner_url, kept)
    app.clear_caches()
    return World(dict(world.people), dict(world.places), world.author)


async def _make(app: Service) -> World:
    root = await a_person(app, "Root", duties=[("administrator", None)])
    author = await a_person(app, "Author")
    topic = (await a_topic(author, tags=["cobalt"]))["id"]
    post = (await a_reply(author, topic))["id"]
    gatherings = [(await root.post("/gatherings", GOOD["announce_gathering"])).json()["id"] for _ in range(2)]
    room = (
        await root.post(
            f"/gatherings/{gatherings[0]}/rooms",
            {"title": "Main room", "modules": ["questions", "board", "polls"]},
        )
    ).json()["id"]
    await root.put(f"/rooms/{room}/state", {"state": "open"})
    question = (await author.post(f"/rooms/{room}/questions", {"body": "Which?"})).json()["id"]
    people = {
        "visitor": None,
        "unverified": await a_person(app, "Uma", verified=False),
        "member": await a_person(app, "Mia"),
        "silenced": await a_person(app, "Sil", silenced_until=clock.now() + timedelta(days=1)),
        "stranger": await a_person(
            app, "Stan", duties=[("moderator", "electronics"), ("host", gatherings[1])]
        ),
        "moderator": await a_person(app, "Mod", duties=[("moderator", "mobility")]),
        "host": await a_person(app, "Hosea", duties=[("host", gatherings[0])]),
        "administrator": await a_person(app, "Ada", duties=[("administrator", None)]),
    }
    places = {
        "topic_id": topic,
        "post_id": post,
        "gathering_id": gatherings[0],
        "room_id": room,
        "question_id": question,
        "session_id": (await author.get("/me/sessions")).json()["items"][0]["id"],
        "notification_id": 1,
        "search_id": 1,
        "handle": author.handle,
        "picture": "0123456789abcdef-64.webp",
        "slug": "mobility",
        "body_slug": "steering-committee",
        "programme_id": await _planned(root, gatherings[0], room),
        "kind": "agree",
        "language": "fr",
        "year": clock.now().year,
        "token": "x" * 43,
        "what": "topic",
        "object_id": topic,
        "word": "cobalt",
        "tag": "cobalt",
        "timer": "close",
        "account_action": "suspend",
        "community_page": "imprint",
        "setting": "name",
        "template": "spam",
    }
    places |= await _posted(author, room)
    places["poll_id"] = await _asked(root, room)
    places |= await _took_stock(author, root)
    places["move_id"] = await move_a_post(author, topic, by=root)
    places |= await _moderated(author, root, post, topic)
    report = await root.post("/reports", GOOD["send_report"] | {"address": f"/p/{post}", "reason": "spam"})
    assert report.status_code == 201, report.text
    # As if the decision was made earlier, because only then can it be appealed.
    await raw_sql(app.db).execute("UPDATE decisions SET decided_at = decided_at - interval '1 minute'")
    appeal = await author.post(f"/decisions/{places['decision_id']}/appeal", GOOD["make_appeal"])
    assert appeal.status_code == 201, appeal.text
    places["appeal_id"] = appeal.json()["id"]
    rule = await root.post("/rules", GOOD["make_rule"])
    assert rule.status_code == 201, rule.text
    places["rule_id"] = rule.json()["id"]
    imprint = await root.put("/community-pages/imprint", {"version": 0, "texts": {"en": "Who we are."}})
    assert imprint.status_code == 200, imprint.text
    group = await root.post("/tag-groups", {"name": f"Regions of {author.handle}"})
    assert group.status_code == 201, group.text
    places["group_id"] = group.json()["id"]
    places["reference"] = report.json()["reference"]
    return World(people, places, author)


async def _planned(root: Person, gathering: int, room: int) -> int:
    # In another year than the sessions of GOOD, so that the room is free.
    times = {"starts_at": "2031-01-10T14:00:00Z", "ends_at": "2031-01-10T15:00:00Z"}
    planned = await root.post(
        f"/gatherings/{gathering}/sessions", {"title": "Opening", "room": room, **times}
    )
    assert planned.status_code == 201, planned.text
    number: int = planned.json()["id"]
    return number


async def _posted(author: Person, room: int) -> dict[str, int]:
    # A notice in the first column; the last one is empty.
    columns = (await author.get(f"/rooms/{room}/columns")).json()["items"]
    given = GOOD["post_notice"] | {"column": columns[0]["id"]}
    notice = await author.post(f"/rooms/{room}/notices", given)
    assert notice.status_code == 201, notice.text
    return {"column_id": columns[-1]["id"], "notice_id": notice.json()["id"]}


async def move_a_post(author: Person, topic: int, by: Person) -> int:
    """Move a post of a topic to a new topic; return the id of the move."""
    aside = (await a_reply(author, topic, "By the way."))["id"]
    moved = await by.post(f"/topics/{topic}/moves", {"posts": [aside], "title": "By the way"})
    assert moved.status_code == 201, moved.text
    return int(moved.json()["id"])


async def _asked(root: Person, room: int) -> int:
    given = {"kind": "words", "title": "Which materials?"}
    poll = (await root.post(f"/rooms/{room}/polls", given)).json()
    opened = await root.put(f"/polls/{poll['id']}/state", {"state": "open", "version": 1})
    assert opened.status_code == 200, opened.text
    return int(poll["id"])


async def _took_stock(author: Person, root: Person) -> dict[str, Any]:
    # An open board with two entries, one of them with a change request, a claimed gap, and a shared view.
    given = {"title": "Good practice", "form": boards.FORM, "opens_at": boards.LONG_AGO}
    board = (await root.post("/sectors/mobility/boards", given)).json()["id"]
    file = (await author.post("/files", GOOD["upload_file"])).json()["id"]
    made = [
        (await author.post(f"/boards/{board}/entries", {"fields": {"title": title} | more})).json()["id"]
        for title, more in (("Cobalt", {"paper": {"kind": "file", "id": file}}), ("Tin", {}))
    ]
    request = await root.post(f"/entries/{made[0]}/requests", GOOD["request_change"])
    assert request.status_code == 201, request.text
    claim = await author.post(f"/boards/{board}/gap-claims", GOOD["claim_gap"])
    assert claim.status_code == 201, claim.text
    view = await root.post(f"/boards/{board}/views", GOOD["save_view"] | {"shared": True})
    assert view.status_code == 201, view.text
    table = await root.post(f"/boards/{board}/imports", GOOD["look_at_table"])
    assert table.status_code == 201, table.text
    await root.patch(f"/boards/{board}", {"consolidates_at": boards.LONG_AGO})
    edition = await root.post(f"/boards/{board}/editions", GOOD["publish_edition"])
    assert edition.status_code == 201, edition.text
    await root.patch(f"/boards/{board}", {"consolidates_at": None})
    return {
        "file_id": file,
        "name": "a.txt",
        "import_id": table.json()["id"],
        "number": 1,
        "board_id": board,
        "entry_id": made[0],
        "other_entry_id": made[1],
        "request_id": request.json()["id"],
        "claim_id": claim.json()["id"],
        "view_id": view.json()["id"],
        "confirmation": "do_too",
        "key": "topic:1",
    }


async def _moderated(author: Person, root: Person, post: int, topic: int) -> dict[str, int]:
    # One post is flagged, and another is hidden.
    gone = (await a_reply(author, topic, "Buy cobalt here"))["id"]
    for flagged in (post, gone):
        assert (await root.post(f"/posts/{flagged}/flags", {"reason": "spam"})).status_code == 201
    judge = await a_person(root.service, "Judge", duties=[("administrator", None)])
    await root.service.run_jobs()
    cases = (await judge.get("/cases")).json()["items"]
    by_post = {case["object"]["id"]: case for case in cases}
    decided = await judge.post(
        f"/cases/{by_post[gone]['id']}/decisions", GOOD["decide_case"] | {"version": by_post[gone]["version"]}
    )
    assert decided.status_code == 201, decided.text
    return {"case_id": by_post[post]["id"], "decision_id": decided.json()["id"]}


def readable_addresses(world: World) -> list[str]:
    """Return every readable address, with the ids of the objects in the world."""
    found = [
        "/api/v1" + permission_matrix.untyped_path(sorted(route.paths)[0])
        for route in ROUTES
        if "GET" in route.http_methods
    ]
    for route in page_routes:
        if "GET" in route.http_methods:
            found += [
                path
                for path in map(permission_matrix.untyped_path, route.paths)
                if f"GET {path}" not in UNRULED
            ]
    places = {**world.places, "number": 1, "calendar": "mobility.atom", "lane_key": "unknown"}
    places |= {"topic_feed": f"{places['topic_id']}.atom", "tag_feed": "cobalt.atom"}
    return [address.format(**places) + suffix for address in found for suffix in ("", *_queries(address))]


def _queries(address: str) -> tuple[str, ...]:
    return tuple(f"?{query}" for query in permission_matrix.QUERIES.get(address, ()))

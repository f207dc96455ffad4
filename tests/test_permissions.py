"""Who may do what: every route of the API as everybody there is; what is refused has changed nothing."""

import re
from collections.abc import Mapping
from datetime import timedelta
from itertools import count
from typing import Any

import httpx2
import pytest
from msgspec import Struct

from core import clock
from pages.routes import routes as page_routes
from storage.database import Database
from storage.statements import statement
from tests.builders import Person, a_person, a_reply, a_topic
from tests.test_bad_input import GOOD, ROUTES, address
from tests.walking import Service, plain

_numbers = count(1)
ROLES = ("visitor", "unverified", "member", "silenced", "stranger", "moderator", "host", "administrator")

# What a request of each of ROLES is answered with, in that order. A stranger moderates another sector and hosts
# another gathering. Nobody of them wrote or asked what is there.
ALL = "200 " * 8
SIGNED_IN = "401" + " 200" * 7
WRITERS = "401 403 {0} 403 {0} {0} {0} {0}"
MODERATORS = "401 403 403 403 403 {0} 403 {0}"
HOSTS = "401 403 403 403 403 403 {0} {0}"
ADMINISTRATORS = "401 403 403 403 403 403 403 {0}"
NOBODY = "401" + " 403" * 7
SEEN_BY_HOSTS = "404 404 404 404 404 404 {0} {0}"
SEEN_BY_MODERATORS = "404 404 404 404 404 {0} 404 {0}"
DRAFTS = "404 404 404 404 404 404 {0} {0}"
CASES = "401 404 404 404 404 {0} 404 {0}"

REPORTS = (
    "read_room_report", "keep_room_report_json", "keep_room_report_csv", "keep_room_report_xlsx",
    "read_gathering_report", "keep_gathering_report_json", "keep_gathering_report_csv", "keep_gathering_report_xlsx",
)  # fmt: skip

TABLE: dict[str, str] = {
    "register": "201 " * 8,
    "found": "422 " * 8,
    "sign_in": "401 " * 8,
    "sign_out": "401" + " 204" * 7,
    "read_me": SIGNED_IN,
    "change_profile": SIGNED_IN,
    "change_password": NOBODY,
    "change_address": NOBODY,
    "mail_again": "401 202" + " 409" * 6,
    "verify": "422 " * 8,
    "request_reset": "202 " * 8,
    "reset_password": "422 " * 8,
    "read_sessions": SIGNED_IN,
    "end_other_sessions": "401" + " 204" * 7,
    "end_session": "401" + " 404" * 7,
    "read_profile": ALL,
    "read_duties": ADMINISTRATORS.format(200),
    "make_administrator": ADMINISTRATORS.format(204),
    "unmake_administrator": ADMINISTRATORS.format(204),
    "make_moderator": ADMINISTRATORS.format(204),
    "unmake_moderator": ADMINISTRATORS.format(204),
    "make_host": ADMINISTRATORS.format(204),
    "unmake_host": ADMINISTRATORS.format(204),
    "read_sectors": ALL,
    "read_sector": ALL,
    "read_topics": ALL,
    "start_topic": WRITERS.format(201),
    "read_topic": ALL,
    "change_topic": MODERATORS.format(200),
    "lock_topic": MODERATORS.format(204),
    "unlock_topic": MODERATORS.format(204),
    "read_posts": ALL,
    "post_reply": WRITERS.format(201),
    "preview": SIGNED_IN,
    "read_post": ALL,
    "edit_post": NOBODY,
    "withdraw_post": NOBODY,
    "restore_post": NOBODY,
    "set_reaction": WRITERS.format(200),
    "unset_reaction": WRITERS.format(200),
    "read_revisions": SIGNED_IN,
    "read_gatherings": ALL,
    "announce_gathering": ADMINISTRATORS.format(201),
    "read_gathering": ALL,
    "change_gathering": HOSTS.format(200),
    "read_rooms": ALL,
    "plan_room": HOSTS.format(201),
    "read_room": ALL,
    "move_room": HOSTS.format(200),
    "read_questions": ALL,
    "ask_question": WRITERS.format(201),
    "vote": WRITERS.format(200),
    "read_polls": ALL,
    "draft_poll": HOSTS.format(201),
    "read_poll": ALL,
    "change_poll": HOSTS.format(409),
    "delete_poll": HOSTS.format(409),
    "move_poll": HOSTS.format(200),
    "set_ballot": WRITERS.format(200),
    "read_results": "403 403 403 403 403 403 200 200",
    "strike_word": "401 403 403 403 403 204 204 204",
    "put_back_word": "401 403 403 403 403 204 204 204",
    "settle_question": HOSTS.format(200),
    "read_question": ALL,
    "edit_question": HOSTS.format(409),
    "claim_question": HOSTS.format(200),
    "let_question_go": HOSTS.format(200),
    "silence_asker": HOSTS.format(200),
    "lift_silence": HOSTS.format(204),
    "read_choices": "403 " * 6 + "200 200",
    "react_in_room": "401 403 409 403 409 409 409 409",
    **dict.fromkeys(REPORTS, "409 409 409 409 409 409 200 200"),
    "read_inbox": SIGNED_IN,
    "count_unread": SIGNED_IN,
    "read_notification": "401" + " 404" * 7,
    "read_all_notifications": SIGNED_IN,
    "read_columns": ALL,
    "add_column": HOSTS.format(201),
    "change_column": HOSTS.format(200),
    "remove_column": HOSTS.format(204),
    "read_notices": ALL,
    "post_notice": WRITERS.format(201),
    "read_notice": ALL,
    "change_notice": NOBODY,
    "withdraw_notice": NOBODY,
    "approve_notice": HOSTS.format(200),
    "decline_notice": HOSTS.format(409),
    "pin_notice": HOSTS.format(200),
    "unpin_notice": HOSTS.format(200),
    "move_notice": HOSTS.format(200),
    "flag_post": "401 403" + " 201" * 6,
    "read_cases": "401 403 403 403 200 200 403 200",
    "read_case": CASES.format(200),
    "decide_case": CASES.format(201),
    "reverse_decision": MODERATORS.format(200),
    "read_ledger": ALL,
    "change_room": HOSTS.format(200),
    "read_guests": HOSTS.format(200),
    "invite_guest": HOSTS.format(204),
    "uninvite_guest": HOSTS.format(204),
    "read_panel": HOSTS.format(200),
    "seat_panelist": HOSTS.format(204),
    "unseat_panelist": HOSTS.format(204),
    "read_bodies": ALL,
    "read_body_members": ADMINISTRATORS.format(200),
    "seat_body_member": ADMINISTRATORS.format(204),
    "unseat_body_member": ADMINISTRATORS.format(204),
    "read_programme": ALL,
    "plan_session": HOSTS.format(201),
    "read_session": ALL,
    "change_session": HOSTS.format(200),
    "make_ticket": "401" + " 201" * 7,
}
# The same in other states; what comes after the colon is done to the world first.
IN_OTHER_STATES: dict[str, str] = {
    "change_room: invited": "404 404 404 404 404 403 200 200",
    "read_room: invited": "404 404 404 404 404 200 200 200",
    "read_guests: invited": "404 404 404 404 404 403 200 200",
    "seat_panelist: invited": "404 404 404 404 404 403 204 204",
    "ask_question: invited": "404 404 404 404 404 201 201 201",
    "vote: invited": "401 403 404 403 404 200 200 200",
    "read_session: invited": "404 404 404 404 404 200 200 200",
    "change_session: invited": "404 404 404 404 404 403 200 200",
    "plan_session: cancelled": "401 403 403 403 403 403 409 409",
    "post_reply: locked": MODERATORS.format(201),
    "set_reaction: locked": WRITERS.format(200),
    "post_reply: hidden": SEEN_BY_MODERATORS.format(201),
    "read_topic: hidden": SEEN_BY_MODERATORS.format(200),
    "read_posts: hidden": SEEN_BY_MODERATORS.format(200),
    "read_post: hidden": SEEN_BY_MODERATORS.format(200),
    "read_revisions: hidden": SEEN_BY_MODERATORS.format(200),
    "edit_post: hidden": SEEN_BY_MODERATORS.format(403),
    "lock_topic: hidden": SEEN_BY_MODERATORS.format(204),
    "set_reaction: hidden": SEEN_BY_MODERATORS.format(200),
    "read_revisions: withdrawn": "401 409 409 409 409 200 409 200",
    "set_reaction: withdrawn": "401 403 409 403 409 409 409 409",
    "react_in_room: with reactions": WRITERS.format(204),
    "react_in_room: closed": "401 403 409 403 409 409 409 409",
    **{f"{report}: closed": ALL for report in REPORTS},
    **{f"{report}: for members": "404 409 409 409 409 409 200 200" for report in REPORTS[:4]},
    "ask_question: closed": "401 403 409 403 409 409 409 409",
    "vote: closed": "401 403 409 403 409 409 409 409",
    "settle_question: closed": HOSTS.format(200),
    "post_notice: closed": WRITERS.format(201),
    "post_notice: without board": "401 403 409 403 409 409 409 409",
    "pin_notice: without board": "401 403 403 403 403 403 409 409",
    "change_notice: its end": HOSTS.format(200),
    "read_notices: out of sight": SEEN_BY_MODERATORS.format(200),
    "read_notice: out of sight": SEEN_BY_MODERATORS.format(200),
    "post_notice: out of sight": SEEN_BY_MODERATORS.format(403),
    "ask_question: anonymous": "401 403 201 403 201 201 403 403",
    "read_poll: drafted": DRAFTS.format(200),
    "change_poll: drafted": DRAFTS.format(200),
    "delete_poll: drafted": DRAFTS.format(204),
    "read_results: drafted": DRAFTS.format(200),
    "set_ballot: drafted": "401 403 404 403 404 404 409 409",
    "strike_word: drafted": DRAFTS.format(409),
    "read_results: poll closed": ALL,
    "set_ballot: poll closed": "401 403 409 403 409 409 409 409",
    "set_ballot: closed": "401 403 409 403 409 409 409 409",
    "settle_question: as its asker": NOBODY,
    "read_question: pending": SEEN_BY_HOSTS.format(200),
    "edit_question: pending": SEEN_BY_HOSTS.format(200),
    "settle_question: pending": SEEN_BY_HOSTS.format(200),
    "claim_question: pending": SEEN_BY_HOSTS.format(200),
    "silence_asker: pending": SEEN_BY_HOSTS.format(200),
    "vote: pending": "401 403 404 403 404 404 404 404",
    "read_choices: published": ALL,
}
DONE = {
    "drafted": "UPDATE polls SET state = 'draft' WHERE id = {poll_id}",
    "poll closed": "UPDATE polls SET state = 'closed' WHERE id = {poll_id}",
    "locked": "UPDATE topics SET locked_at = now() WHERE id = {topic_id}",
    "hidden": "UPDATE topics SET hidden_at = now() WHERE id = {topic_id}",
    "withdrawn": "UPDATE posts SET state = 'withdrawn' WHERE id = {post_id}",
    "with reactions": "UPDATE rooms SET modules = '{{questions,reactions}}' WHERE id = {room_id}",
    "for members": "UPDATE topics SET readers = 'members', gathering_id = {gathering_id} FROM rooms"
    " WHERE rooms.topic_id = topics.id AND rooms.id = {room_id}",
    "invited": "UPDATE topics SET readers = 'listed', gathering_id = {gathering_id} FROM rooms"
    " WHERE rooms.topic_id = topics.id AND rooms.id = {room_id}",
    "cancelled": "UPDATE gatherings SET state = 'cancelled' WHERE id = {gathering_id}",
    "out of sight": "UPDATE topics SET hidden_at = now() FROM rooms WHERE topic_id = topics.id AND rooms.id = {room_id}",
    "without board": "UPDATE rooms SET modules = '{{questions}}' WHERE id = {room_id}",
    "pending": "WITH held AS (UPDATE posts SET state = 'held', number = NULL, path = NULL FROM questions q"
    " WHERE q.id = {question_id} AND posts.id = q.post_id RETURNING posts.topic_id), counted AS (UPDATE question_counts"
    " SET live = 0, pending = 1) UPDATE questions SET state = 'pending' WHERE id = {question_id}",
    "published": "UPDATE rooms SET state = 'closed', publishes_choices = true WHERE id = {room_id}",
    "closed": "UPDATE rooms SET state = 'closed' WHERE id = {room_id}",
}
BODIES: dict[str, dict[str, Any]] = {
    "change_poll": {"title": "What now?"},
    "move_poll": {"state": "closed", "version": 2},
    "set_ballot": {"answer": ["Cobalt"]},
    "post_reply": {"body": "We compared both."},
    "move_room": {"state": "closed"},
    "change_notice: its end": {"expires_at": "2099-01-01T00:00:00Z"},
    "ask_question": {"body": "Why?"},
    "ask_question: anonymous": {"body": "Why?", "anonymous": True},
    "settle_question": {"state": "answered", "version": 1},
    "settle_question: pending": {"state": "live", "version": 1},
    "settle_question: as its asker": {"state": "withdrawn", "version": 1},
}
# What nobody can do a second time in the same world.
DONE_ONCE = {
    "move_room",
    "move_poll",
    "delete_poll",
    "remove_column",
    "settle_question",
    "claim_question",
    "decide_case",
    "reverse_decision",
}
# Everything there is but when sessions were seen, which sessions there are, and what only counts.
_STATE = statement("""
SELECT string_agg(format('SELECT md5(coalesce(string_agg(CAST(t AS text), '','' ORDER BY CAST(t AS text)), '''')) FROM %I t',
    relname), ' UNION ALL ' ORDER BY relname)
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'sessions'
""")


class World(Struct):
    """A topic with a post, an open room with a question, and one person of each role; none of it theirs."""

    people: dict[str, Person | None]
    places: Mapping[str, Any]


async def a_world(app: Service) -> World:
    """Everything there is, made anew."""
    root = await a_person(app, "Root", duties=[("administrator", None)])
    author = await a_person(app, "Author")
    topic = (await a_topic(author))["id"]
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
        "handle": author.handle,
        "slug": "mobility",
        "body_slug": "steering-committee",
        "programme_id": await _planned(root, gatherings[0], room),
        "kind": "agree",
        "token": "x" * 43,
        "word": "cobalt",
    }
    places |= await _posted(author, room)
    places["poll_id"] = await _asked(root, room)
    places |= await _moderated(author, root, post, topic)
    return World(people, places)


async def _planned(root: Person, gathering: int, room: int) -> int:
    # In another year than what is planned by GOOD, so that the room is free.
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


async def _asked(root: Person, room: int) -> int:
    given = {"kind": "words", "title": "Which materials?"}
    poll = (await root.post(f"/rooms/{room}/polls", given)).json()
    opened = await root.put(f"/polls/{poll['id']}/state", {"state": "open", "version": 1})
    assert opened.status_code == 200, opened.text
    return int(poll["id"])


async def _moderated(author: Person, root: Person, post: int, topic: int) -> dict[str, int]:
    # One post is flagged, another one hidden.
    gone = (await a_reply(author, topic, "Buy cobalt here"))["id"]
    for flagged in (post, gone):
        assert (await root.post(f"/posts/{flagged}/flags", {"reason": "spam"})).status_code == 201
    judge = await a_person(root.service, "Judge", duties=[("administrator", None)])
    await root.service.settle()
    cases = (await judge.get("/cases")).json()["items"]
    by_post = {case["object"]["id"]: case for case in cases}
    decided = await judge.post(
        f"/cases/{by_post[gone]['id']}/decisions", GOOD["decide_case"] | {"version": by_post[gone]["version"]}
    )
    assert decided.status_code == 201, decided.text
    return {"case_id": by_post[post]["id"], "decision_id": decided.json()["id"]}


async def state_of(db: Database) -> list[str]:
    """All that the database holds, in short."""
    async with db.read() as tx:
        query = await tx.value(_STATE)
        return [row[0] for row in await tx.connection.fetch(query)]


def place(route: Any, world: World) -> str:
    """A route's path in a world."""
    return re.sub(r"\{(\w+):\w+\}", lambda part: str(world.places[part[1]]), sorted(route.paths)[0])


async def test_every_route_has_a_row(app: Service, client: httpx2.AsyncClient) -> None:
    described = (await client.get("/api/openapi.json")).json()["paths"]
    served = {operation["operationId"] for path in described.values() for operation in path.values()}

    assert served == TABLE.keys()
    assert {route.operation_id for route in ROUTES} == served
    assert all(path.startswith("/api/v1/") for path in described)


@pytest.mark.parametrize("what", [*TABLE, *IN_OTHER_STATES])
async def test_everybody_may_do_what_the_table_says(app: Service, db: Database, what: str) -> None:
    operation, _, state = what.partition(": ")
    route = next(route for route in ROUTES if route.operation_id == operation)
    method, _ = address(route)
    expected = (TABLE | IN_OTHER_STATES)[what].split()
    assert len(expected) == len(ROLES)
    body = BODIES.get(what) or BODIES.get(operation) or GOOD.get(operation)
    world = None
    for role, status in zip(ROLES, expected, strict=True):
        if world is None:
            world = await a_world(app)
            if state in DONE:
                await plain(db).execute(DONE[state].format(**world.places))
        if operation == "register":
            body = GOOD["register"] | {"handle": f"newcomer-{next(_numbers)}"}
        if body is not None and "column" in body:
            body = body | {"column": world.places["column_id"]}
        path = "/api/v1" + place(route, world)
        before = await state_of(db)
        person = world.people[role]
        client = person.client if person else app.client()
        answer = await client.request(method, path, **({"json": body} if body is not None else {}))

        assert f"{role} {answer.status_code}" == f"{role} {status}", answer.text
        after = await state_of(db)
        if answer.status_code >= 400 or method == "GET":
            assert after == before, f"{role} changed something"
        elif operation in DONE_ONCE:
            world = None


# What visitors may send: to come in, and what a link from a mail says.
OPEN_FORMS = {"/signin", "/signout", "/register", "/claim-admin", "/verify", "/reset"}
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "path", sorted(path for route in page_routes for path in route.paths if "POST" in route.http_methods)
)
async def test_no_form_is_taken_from_elsewhere_or_from_nobody(app: Service, db: Database, path: str) -> None:
    world = await a_world(app)
    ada = world.people["administrator"]
    assert ada is not None
    bad = {
        "body": "From elsewhere", "title": "From elsewhere", "lock": "1", "set": f"{world.places['post_id']} agree 1",
        "act": f"vote {world.places['question_id']} 1", "state": "closed", "handle": str(world.places["handle"]),
        "duty": "administrator", "revoke": str(world.places["session_id"]), "display_name": "Elsewhere",
    }  # fmt: skip
    address = re.sub(r"\{(\w+):\w+\}", lambda part: str(world.places[part[1]]), path)
    before = await state_of(db)
    cookie = {"Cookie": f"tertulia={ada.token}", "Accept": "text/html"}
    async with app.client() as browser:
        for foreign in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": app.urls[0] + ".evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {},
        ):
            answer = await browser.post(address, data=bad, headers=cookie | foreign)
            assert answer.status_code == 403, (foreign, answer.status_code)
            assert "set-cookie" not in answer.headers
        assert await state_of(db) == before
        answer = await browser.post(address, data=bad, headers={"Accept": "text/html"})
        if path not in OPEN_FORMS:
            # What can be nobody's is refused before who sends it is looked at.
            assert answer.status_code in (401, 422), answer.status_code
            assert await state_of(db) == before

"""Refusals of questions: requests in a wrong state, twice, late, for another room or with a foreign id change nothing."""

from datetime import UTC, datetime
from typing import Any

from tests.support.rooms.open_room import OpenRoom, Person, a_webinar, make_open_room
from tests.support.rooms.questions import moved, set_room_columns
from tests.support.service import raw_sql


def to(state: str, **more: str) -> dict[str, Any]:
    return {"state": state, "version": 1, **more}


REFUSALS: list[tuple[str, str, str, dict[str, Any], int, str]] = [
    # Who, how, where, with what; and what comes of it. {live}: a question of somebody else; {own}: the member's; and so on.
    ("member", "PUT", "/questions/{live}/state", to("answered"), 403, "not_host"),
    ("member", "PUT", "/questions/{own}/state", to("shortlisted"), 403, "not_host"),
    ("member", "PUT", "/questions/{live}/state", to("withdrawn"), 403, "not_asker"),
    ("host", "PUT", "/questions/{live}/state", to("withdrawn"), 403, "not_asker"),
    ("stranger", "PUT", "/questions/{live}/state", to("live"), 403, "not_host"),
    ("host", "PUT", "/questions/{elsewhere}/state", to("live"), 403, "not_host"),
    ("host", "PUT", "/questions/999999/state", to("live"), 404, "not_found"),
    ("host", "PUT", "/questions/{live}/state", to("pending"), 409, "question_cannot_move"),
    ("host", "PUT", "/questions/{live}/state", {"state": "on_stage", "version": 7}, 409, "question_moved"),
    ("host", "PUT", "/questions/{withdrawn}/state", {"state": "live", "version": 2}, 409, "question_cannot_move"),
    ("member", "PUT", "/questions/{withdrawn}/state", {"state": "live", "version": 2}, 403, "not_host"),
    ("host", "PUT", "/questions/{pending}/state", to("on_stage"), 409, "question_cannot_move"),
    ("host", "PUT", "/questions/{live}/state", to("dismissed"), 422, "reason_needed"),
    ("host", "PUT", "/questions/{live}/state", to("merged"), 422, "not_part_of_move"),
    ("host", "PUT", "/questions/{live}/state", to("merged", into="{live}"), 409, "nothing_to_merge_into"),
    ("host", "PUT", "/questions/{live}/state", to("merged", into="{elsewhere}"), 409, "nothing_to_merge_into"),
    ("host", "PUT", "/questions/{live}/state", to("merged", into="{answered}"), 409, "nothing_to_merge_into"),
    ("host", "PUT", "/questions/{live}/state", to("merged", into="{pending}"), 409, "nothing_to_merge_into"),
    ("host", "PUT", "/questions/{live}/state", {"state": "live"}, 422, "invalid"),
    ("host", "PUT", "/questions/{live}/state", to("gone"), 422, "invalid"),
    ("member", "PUT", "/questions/{pending}/state", to("live"), 404, "not_found"),
    ("visitor", "PUT", "/questions/{live}/state", to("live"), 401, "sign_in_first"),
    ("member", "PUT", "/questions/{pending}/vote", {"value": 1}, 404, "not_found"),
    ("member", "PUT", "/questions/{own}/vote", {"value": 1}, 403, "own_question"),
    ("member", "PUT", "/questions/{answered}/vote", {"value": 1}, 409, "question_not_live"),
    ("member", "PUT", "/questions/{staged}/vote", {"value": 1}, 409, "question_not_live"),
    ("member", "PUT", "/questions/{withdrawn}/vote", {"value": 1}, 403, "own_question"),
    ("stranger", "PUT", "/questions/{withdrawn}/vote", {"value": 1}, 409, "question_not_live"),
    ("visitor", "PUT", "/questions/{live}/vote", {"value": 1}, 401, "sign_in_first"),
    ("member", "PATCH", "/questions/{live}", {"body": "Mine"}, 403, "not_host"),
    ("member", "PATCH", "/questions/{own}", {"body": "Mine"}, 409, "question_is_published"),
    ("host", "PATCH", "/questions/{live}", {"body": "Mine"}, 409, "question_is_published"),
    ("member", "PATCH", "/questions/{pending}", {"body": "Mine"}, 404, "not_found"),
    ("host", "PATCH", "/questions/{pending}", {"body": " "}, 422, "nothing_visible"),
    ("member", "PUT", "/questions/{live}/claim", {}, 403, "not_host"),
    ("member", "DELETE", "/questions/{live}/claim", {}, 403, "not_host"),
    ("host", "PUT", "/questions/{elsewhere}/claim", {}, 403, "not_host"),
    ("host", "PUT", "/questions/{elsewhere}/asker/silence", {"minutes": 1, "reason": "x"}, 403, "not_host"),
    ("host", "PUT", "/questions/{live}/asker/silence", {"minutes": 10**6, "reason": "x"}, 422, "invalid"),
    ("member", "GET", "/questions/{pending}", {}, 404, "not_found"),
    ("member", "GET", "/rooms/{room}/choices", {}, 403, "choices_not_published"),
]  # fmt: skip
LATE: list[tuple[str, str, str, dict[str, Any], int, str]] = [
    ("member", "POST", "/rooms/{room}/questions", {"body": "Late?"}, 409, "room_not_open"),
    ("member", "PUT", "/questions/{live}/vote", {"value": 1}, 409, "room_not_open"),
    ("host", "PUT", "/questions/{live}/state", to("on_stage"), 409, "room_not_open"),
    ("member", "GET", "/rooms/{room}/choices", {}, 403, "choices_not_published"),
]


async def test_all_that_is_refused_is_refused_by_name_and_changes_nothing(open_room: OpenRoom) -> None:
    member, asker = await open_room.member(), await open_room.member()
    other = (await open_room.administrator.post("/gatherings", a_webinar(datetime.now(UTC)))).json()["id"]
    people = {
        "visitor": open_room.visitor,
        "member": member,
        "host": open_room.host,
        "stranger": await open_room.member(hosts=other),
    }
    elsewhere = await make_open_room(open_room.app)
    withdrawn = await open_room.ask(member)
    await open_room.change_state(member, withdrawn, "withdrawn")
    answered, staged = await open_room.ask(asker), await open_room.ask(asker)
    await moved(open_room, answered, "answered")
    await moved(open_room, staged, "on_stage")
    live, own = await open_room.ask(asker), await open_room.ask(member)
    await set_room_columns(open_room, "is_premoderated = true")
    pending = await open_room.ask(asker)
    ids = {"room": open_room.room, "live": live["id"], "own": own["id"], "pending": pending["id"]}
    ids |= {"answered": answered["id"], "staged": staged["id"], "withdrawn": withdrawn["id"]}
    ids["elsewhere"] = (await elsewhere.ask(asker))["id"]
    before = await everything(open_room)

    await ensure_refused(people, ids, REFUSALS)
    assert await everything(open_room) == before
    await open_room.host.put(f"/rooms/{open_room.room}/state", {"state": "closed"})
    before = await everything(open_room)
    await ensure_refused(people, ids, LATE)
    assert await everything(open_room) == before


async def ensure_refused(
    people: dict[str, Person],
    ids: dict[str, int],
    table: list[tuple[str, str, str, dict[str, Any], int, str]],
) -> None:
    for who, method, path, body, status, code in table:
        sent = {key: ids[value[1:-1]] if str(value)[:1] == "{" else value for key, value in body.items()}
        person = people[who]
        request: dict[str, Any] = {"json": sent} if sent else {}
        headers = {"Authorization": f"Bearer {person.token}"} if person.token else {}
        answer = await person.client.request(
            method, f"/api/v1{path.format(**ids)}", headers=headers, **request
        )
        assert (answer.status_code, answer.json()["code"]) == (status, code), (who, method, path, body)


async def everything(open_room: OpenRoom) -> list[Any]:
    tables = (
        "questions",
        "posts",
        "votes",
        "question_moves",
        "question_counts",
        "question_claims",
        "room_silences",
        "log",
    )
    return [await raw_sql(open_room.db).fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]

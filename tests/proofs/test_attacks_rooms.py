"""Attacks on rooms: indirect ways to change content, and rights that a person had before."""

import asyncio
import random
from collections import Counter
from time import monotonic
from typing import Any
from zoneinfo import available_timezones

import pytest

from core.visible import is_visible
from gatherings.polls.words import normalize_word, word_key
from storage.cursors import encode_cursor
from tests.support.rooms.open_room import OpenRoom, Person
from tests.support.rooms.questions import change_room
from tests.support.service import raw_sql


async def handle_of(open_room: OpenRoom, person: Person) -> str:
    return str(await raw_sql(open_room.db).fetchval("SELECT handle FROM members WHERE id = $1", person.id))


async def seat(open_room: OpenRoom, person: Person) -> None:
    seated = await open_room.host.put(
        f"/rooms/{open_room.room}/panel/{await handle_of(open_room, person)}", {}
    )
    assert seated.status_code == 204, seated.text


async def silence(open_room: OpenRoom, question: dict[str, Any]) -> None:
    said = {"minutes": 60, "reason": "Enough"}
    silenced = await open_room.host.put(f"/questions/{question['id']}/asker/silence", said)
    assert silenced.status_code == 200, silenced.text


# Anonymity ---------------------------------------------------------------------------------------------------------


async def test_anonymous_questions_of_panelists_wait_for_approval(
    open_room: OpenRoom,
) -> None:
    panelist = await open_room.member()
    await seat(open_room, panelist)
    await change_room(open_room, premoderated=True)
    assert (await open_room.ask(panelist))["state"] == "live"
    assert (await open_room.ask(panelist, "And why me?", anonymous=True))["state"] == "pending"


@pytest.mark.parametrize("duty", ["none", "panel", "moderator"])
async def test_approved_anonymous_questions_cannot_be_edited(open_room: OpenRoom, duty: str) -> None:
    asker = await open_room.member(moderates=open_room.sector_id if duty == "moderator" else None)
    if duty == "panel":
        await seat(open_room, asker)
    await change_room(open_room, premoderated=True)
    question = await open_room.ask(asker, anonymous=True)
    assert (await open_room.change_state(open_room.host, question, "live")).status_code == 200
    edited = await asker.patch(f"/posts/{question['post']}", {"body": "Only some could."})
    assert edited.json()["code"] == "approved_as_it_is"


# Edits without approval -------------------------------------------------------------------------------------------


async def test_approved_questions_keep_their_text(open_room: OpenRoom) -> None:
    asker, panelist = await open_room.member(), await open_room.member()
    await seat(open_room, panelist)
    await change_room(open_room, premoderated=True, modules=["questions", "board"])
    question = await open_room.ask(asker, "Harmless?")
    question = (await open_room.change_state(open_room.host, question, "live")).json()
    question = (await open_room.change_state(open_room.host, question, "on_stage")).json()
    column = (await asker.get(f"/rooms/{open_room.room}/columns")).json()["items"][0]["id"]
    new = {"column": column, "title": "Harmless", "body": "Come and see"}
    notice = (await asker.post(f"/rooms/{open_room.room}/notices", new)).json()
    assert (await open_room.host.put(f"/notices/{notice['id']}/approval", {})).status_code == 200

    for path in (f"/posts/{question['post']}", f"/posts/{notice['post']}", f"/notices/{notice['id']}"):
        edited = await asker.patch(path, {"body": "## Abuse\n\nfor all to see"})
        assert (edited.status_code, edited.json()["code"]) == (409, "approved_as_it_is"), path
    form = {"body": "Abuse", "version": "1"}
    page = await asker.client.post(f"/p/{question['post']}/edit", data=form)
    room = (await open_room.visitor.get(f"/rooms/{open_room.room}")).json()
    board = (await open_room.visitor.get(f"/rooms/{open_room.room}/notices")).json()
    assert page.status_code >= 400
    assert "Abuse" not in str(room) + str(board)
    assert room["stage"]["body"] == "Harmless?"

    # Text without approval can be edited: questions and replies of the panel, and the expiry of a notice.
    asked = await open_room.ask(panelist)
    assert (await panelist.patch(f"/posts/{asked['post']}", {"body": "Better?"})).status_code == 200
    unseen = await asker.post(f"/topics/{open_room.topic}/posts", {"body": "Abuse"})
    assert (unseen.status_code, unseen.json()["code"]) == (409, "replies_closed_here")
    reply = (await panelist.post(f"/topics/{open_room.topic}/posts", {"body": "Yes"})).json()
    assert (await panelist.patch(f"/posts/{reply['id']}", {"body": "No"})).status_code == 200
    assert (await asker.patch(f"/notices/{notice['id']}", {"expires_at": None})).status_code == 200


async def test_questions_cannot_grow_through_their_topic(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    question = await open_room.ask(asker)
    edited = await asker.patch(f"/posts/{question['post']}", {"body": "Why? " * 1_000})
    assert (edited.status_code, edited.json()["code"]) == (422, "question_too_long")
    assert (await asker.patch(f"/posts/{question['post']}", {"body": "Why not?"})).status_code == 200


# Silenced ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("anonymous", [False, True])
async def test_silenced_members_cannot_edit_earlier_questions(open_room: OpenRoom, anonymous: bool) -> None:
    asker = await open_room.member()
    question = await open_room.ask(asker, anonymous=anonymous)
    gone = await open_room.ask(asker, "Gone?", anonymous=anonymous)
    await asker.delete(f"/posts/{gone['post']}")
    reply = (await asker.post(f"/topics/{open_room.topic}/posts", {"body": "Thanks"})).json()
    await change_room(open_room, premoderated=True)
    waits = await open_room.ask(asker, "Waits?", anonymous=anonymous)
    await change_room(open_room, premoderated=False)
    await silence(open_room, question)
    answers = [
        await asker.patch(f"/posts/{question['post']}", {"body": "Abuse"}),
        await asker.delete(f"/posts/{gone['post']}/withdrawal"),
        await asker.patch(f"/questions/{waits['id']}", {"body": "Abuse"}),
    ]
    assert [answer.json()["code"] for answer in answers] == ["silenced_here"] * 3
    # A named post that can no longer be edited after the mute of a pseudonym would show whose pseudonym it is.
    named = await asker.patch(f"/posts/{reply['id']}", {"body": "Thanks again"})
    assert (named.status_code, named.json().get("code")) == (
        (200, None) if anonymous else (403, "silenced_here")
    )
    assert (await asker.delete(f"/posts/{question['post']}")).status_code == 200


async def test_silenced_panelists_cannot_answer(open_room: OpenRoom) -> None:
    panelist, asker = await open_room.member(), await open_room.member()
    await seat(open_room, panelist)
    await silence(open_room, await open_room.ask(panelist))
    answered = await open_room.change_state(panelist, await open_room.ask(asker), "answered", answer="Abuse")
    assert answered.json()["code"] == "silenced_here"


# Former roles, concurrency, odd input ------------------------------------------------------------------------------


async def test_former_hosts_do_not_receive_pending_questions(open_room: OpenRoom) -> None:
    former, asker = await open_room.member(hosts=open_room.gathering), await open_room.member()
    await change_room(open_room, premoderated=True)
    duty = f"/members/{await handle_of(open_room, former)}/duties/host/{open_room.gathering}"
    async with open_room.app.listening(f"room:{open_room.room}", former.token) as feed:
        assert (await open_room.administrator.delete(duty)).status_code == 204
        async with asyncio.timeout(2):
            while (await feed.frame())["type"] != "reset":
                pass
        await open_room.ask(asker, "Secret?")
        while (frame := await feed.frame())["type"] != "event":
            pass
    assert frame["event"] == {"type": "withheld"}


async def test_concurrent_transitions_merges_and_votes_keep_counts_correct(open_room: OpenRoom) -> None:
    hosts = [open_room.host, await open_room.member(hosts=open_room.gathering)]
    people = [await open_room.member() for _ in range(5)]
    asked = [await open_room.ask(people[n % 5], f"{n}?", anonymous=n % 3 == 0) for n in range(7)]
    states = ["live", "live", "shortlisted", "on_stage", "answered", "dismissed", "merged", "merged"]
    seen: Counter[tuple[str, int]] = Counter()
    wanted = {"vote", "merged", "on_stage", "shortlisted"}
    until = monotonic() + 4

    def goes_on() -> bool:
        return monotonic() < until or not {name for name, status in seen if status == 200} >= wanted

    async def move(host: Person, dice: random.Random) -> None:
        while goes_on():
            question = (await host.get(f"/questions/{dice.choice(asked)['id']}")).json()
            state = dice.choice(states)
            more = {
                "merged": {"into": dice.choice(asked)["id"]},
                "shortlisted": {"place": dice.randint(1, 9)},
            }
            answer = await open_room.change_state(host, question, state, **more.get(state, {}))
            seen[state, answer.status_code] += 1

    async def vote(person: Person, dice: random.Random) -> None:
        while goes_on():
            seen[
                "vote", (await open_room.vote(person, dice.choice(asked), dice.randint(0, 1))).status_code
            ] += 1

    moving = (move(host, random.Random(n)) for n, host in enumerate(hosts * 2))
    await asyncio.gather(*moving, *(vote(person, random.Random(n)) for n, person in enumerate(people)))

    assert {status for _, status in seen} <= {200, 403, 409}, seen
    wrong = {
        "votes": """SELECT id FROM questions q WHERE votes <>
            (SELECT count(*) FROM votes v WHERE v.question_id = q.id)""",
        "own": """SELECT 1 FROM votes v JOIN questions q ON q.id = v.question_id JOIN posts p ON p.id = q.post_id
            WHERE p.author_id = v.member_id""",
        "chain": "SELECT 1 FROM questions a JOIN questions b ON b.id = a.merged_into WHERE b.merged_into IS NOT NULL",
        "via": """SELECT 1 FROM votes v JOIN questions s ON s.id = v.via
            WHERE s.merged_into IS DISTINCT FROM v.question_id""",
        "stage": "SELECT 1 FROM questions WHERE state = 'on_stage' GROUP BY room_id HAVING count(*) > 1",
        "counts": """SELECT 1 FROM question_counts c WHERE (live, shortlisted, on_stage, answered, dismissed) <>
            (SELECT count(*) FILTER (WHERE state = 'live'), count(*) FILTER (WHERE state = 'shortlisted'),
                count(*) FILTER (WHERE state = 'on_stage'), count(*) FILTER (WHERE state = 'answered'),
                count(*) FILTER (WHERE state = 'dismissed') FROM questions q WHERE q.room_id = c.room_id)""",
        "versions": """SELECT 1 FROM questions q WHERE version <>
            1 + (SELECT count(*) FROM question_moves m WHERE m.question_id = q.id)""",
    }
    for what, query in wrong.items():
        assert (what, await raw_sql(open_room.db).fetch(query)) == (what, [])


@pytest.mark.parametrize(
    ("collection", "position"),
    [
        ("questions", (0, False, 0, 0, 1)),
        ("questions", (10**17, True, 2**31 - 1, 10**17, 2**63 - 1)),
        ("questions", (2**63 - 1, False, 0, 2**63 - 1, 2**63 - 1)),
        ("questions", (-1, False, 0, -1, 0)),
        ("choices", (253_402_300_799_999_999, 2**63 - 1, 2**31 - 1)),
        ("choices", (0, 0, 2**31)),
        ("notices", (1, 253_402_300_799_999_999, 2**63 - 1)),
        ("notices", (0, 2**63 - 1, 1)),
    ],
)
async def test_a_made_up_cursor_reads_a_page_or_is_refused(
    open_room: OpenRoom, collection: str, position: tuple[int, ...]
) -> None:
    await open_room.ask(await open_room.member())
    answer = await open_room.host.get(f"/rooms/{open_room.room}/{collection}", after=encode_cursor(*position))
    assert answer.status_code in (200, 400), answer.text


@pytest.mark.parametrize(
    "words", ["'", "\\", "or or", '"', "-", "\u0300" * 200, "<->", "!!&|", "\ufdfa" * 200]
)
async def test_unusual_search_words_find_nothing(open_room: OpenRoom, words: str) -> None:
    answer = await open_room.visitor.get(f"/rooms/{open_room.room}/notices", q=words)
    assert (answer.status_code, answer.json().get("items")) == (200, [])


async def test_a_programme_has_a_limit_and_a_complete_calendar(open_room: OpenRoom) -> None:
    zones = sorted(name for name in available_timezones() if "/" in name)[:200]
    fill = """INSERT INTO programme_sessions (gathering_id, title, starts_at, ends_at, time_zone, state, changed_at)
        SELECT $1, 'Again', at, at + interval '1 hour', $2, 'planned', now()
        FROM unnest(ARRAY['2000-03-01'::timestamptz, '2199-03-01']) AS at"""
    for zone in zones:
        await raw_sql(open_room.db).execute(fill, open_room.gathering, zone)
    calendar = await open_room.visitor.client.get(f"/feeds/gatherings/{open_room.gathering}.ics")
    assert calendar.text.count("BEGIN:VEVENT") == 2 * len(zones) + 1
    for zone in zones[:50]:
        await raw_sql(open_room.db).execute(fill, open_room.gathering, zone)
    at = "2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z"
    one_more = {"title": "One more", "starts_at": at[0], "ends_at": at[1]}
    answer = await open_room.host.post(f"/gatherings/{open_room.gathering}/sessions", one_more)
    assert answer.json()["code"] == "too_many_sessions"


async def test_edits_through_the_topic_follow_the_rules_of_notices(open_room: OpenRoom) -> None:
    await change_room(open_room, modules=["board"])
    author = await open_room.member()
    column = (await author.get(f"/rooms/{open_room.room}/columns")).json()["items"][0]["id"]
    new = {"column": column, "title": "Offer", "body": "x" * 5_000}
    notice = (await author.post(f"/rooms/{open_room.room}/notices", new)).json()
    long = await author.patch(f"/posts/{notice['post']}", {"body": "## Offer\n\n" + "x" * 5_200})
    assert (long.status_code, long.json()["code"]) == (422, "notice_too_long")
    turned = await author.patch(f"/posts/{notice['post']}", {"body": "## \u202eOffer\n\nx"})
    assert turned.status_code == 200
    await open_room.app.run_jobs()
    assert (await open_room.visitor.get(f"/notices/{notice['id']}")).json()["title"] == "Offer"


@pytest.mark.parametrize(
    "word", ["\u200b", "\u00ad", "\u0301", "\ufe0f", "\u202e", "\u3164", "\u200d \u200d"]
)
def test_invisible_words_are_refused(word: str) -> None:
    assert not is_visible(normalize_word(word))


def test_invisible_characters_do_not_make_a_different_word() -> None:
    assert (
        len(
            {word_key(word) for word in ("Abuse", "ab\u200buse", "\u202eabuse", "abu\u00adse", "abuse\ufe0f")}
        )
        == 1
    )
    assert "\u202e" not in normalize_word("a\u202eb")
    assert is_visible("\U0001f44d\ufe0f") and is_visible("\u0915\u094d\u200d\u0937")


async def test_times_of_anonymous_questions_are_stored_without_seconds(open_room: OpenRoom) -> None:
    asker = await open_room.member()
    ask = {"body": "Why?", "anonymous": True}
    asked = await asker.post(f"/rooms/{open_room.room}/questions", ask, key="once")
    assert (await asker.post(f"/rooms/{open_room.room}/questions", ask, key="once")).json() == asked.json()
    kept = await raw_sql(open_room.db).fetch("SELECT scope, kept_at FROM answers WHERE key = 'once'")
    assert [(row["scope"][:10], row["kept_at"].second, row["kept_at"].microsecond) for row in kept] == [
        ("pseudonym:", 0, 0)
    ]

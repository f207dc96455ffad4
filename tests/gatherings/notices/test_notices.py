"""Noticeboards: who posts, edits, moves, pins and withdraws notices, and which events announce them to whom."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from core import clock
from core.ids import PostId, TopicId
from forum.events import PostEdited, PostRestored, PostWithdrawn
from forum.posts.hiding import hide_post, unhide_post
from gatherings.channels import show_room
from gatherings.notices.notices import on_post_changed
from gatherings.notices.reading import PAGE_SIZE
from storage.statements import statement
from tests.support.moderation.hidden_posts import give_reason
from tests.support.rooms.open_room import OpenRoom, Person, a_webinar, make_open_room
from tests.support.service import Service

_SILENCE = statement("""
INSERT INTO room_silences (room_id, member_id, reason, until, silenced_at)
VALUES (:room, :member, 'Selling', now() + interval '1 day', now())
""")
_PREMODERATE = statement("UPDATE rooms SET is_premoderated = true WHERE id = :room")
_PANELIST = statement("INSERT INTO panelists (room_id, member_id) VALUES (:room, :member)")
_RULE = statement("UPDATE rooms SET modules = CAST(:modules AS text[]), writers = :writers WHERE id = :room")


class Board(msgspec.Struct):
    """The noticeboard of a room and the people who use it."""

    open_room: OpenRoom
    room: int
    topic: int
    columns: list[int]
    author: Person

    async def post(self, who: Person, title: str = "Offer: a lab", body: str = "Free.", **more: Any) -> Any:
        """A notice that was posted."""
        given = {"column": self.columns[0], "title": title, "body": body} | more
        answer = await who.post(f"/rooms/{self.room}/notices", given)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def titles(self, who: Person, **filters: Any) -> list[str]:
        """What somebody sees on the board."""
        page = (await who.get(f"/rooms/{self.room}/notices", **filters)).json()
        return [notice["title"] for notice in page["items"]]

    async def rule(self, modules: str = "{board}", writers: str = "all") -> None:
        """Set what goes in the room."""
        async with self.open_room.db.begin() as tx:
            await tx.run(_RULE, room=self.room, modules=modules.strip("{}").split(","), writers=writers)


@pytest_asyncio.fixture
async def board(app: Service) -> Board:
    open_room = await make_open_room(app)
    given = {"title": "Marketplace", "modules": ["board"]}
    room = (await open_room.host.post(f"/gatherings/{open_room.gathering}/rooms", given)).json()
    columns = (await open_room.visitor.get(f"/rooms/{room['id']}/columns")).json()["items"]
    return Board(
        open_room, room["id"], room["topic"], [column["id"] for column in columns], await open_room.member()
    )


async def test_a_board_begins_with_suggested_columns(board: Board) -> None:
    room = (await board.open_room.visitor.get(f"/rooms/{board.room}")).json()
    assert [(column["title"], column["place"], column["notices"]) for column in room["columns"]] == [
        ("Offers", 1, 0),
        ("Needs", 2, 0),
        ("Announcements", 3, 0),
        ("Contacts", 4, 0),
    ]
    assert "columns" not in (await board.open_room.visitor.get(f"/rooms/{board.open_room.room}")).json()


async def test_a_notice_is_a_post_of_the_rooms_topic(board: Board) -> None:
    notice = await board.post(board.author, "  Need: a *smelter*  ", "Who **knows** one?")

    assert (notice["title"], notice["body"], notice["html"]) == (
        "Need: a *smelter*",
        "Who **knows** one?",
        "<p>Who <strong>knows</strong> one?</p>\n",
    )
    assert (notice["state"], notice["version"], notice["mine"], notice["pinned"]) == (
        "published",
        1,
        True,
        False,
    )
    post = (await board.open_room.visitor.get(f"/posts/{notice['post']}")).json()
    assert (post["topic"], post["number"], post["author"]["id"]) == (
        board.topic,
        notice["number"],
        board.author.id,
    )
    assert "smelter" in post["html"], "what is flagged and judged has the title too"
    reply = {"body": "I do.", "parent": notice["post"]}
    assert (await board.author.post(f"/topics/{board.topic}/posts", reply)).status_code == 201
    assert (
        await board.open_room.host.put(f"/posts/{notice['post']}/reactions/thanks", None)
    ).status_code == 200
    seen = (await board.open_room.host.get(f"/notices/{notice['id']}")).json()
    assert (seen["replies"], seen["thanks"], seen["my_thanks"], seen["mine"]) == (1, 1, True, False)


async def test_a_notice_sent_twice_is_posted_once(board: Board) -> None:
    given = {"column": board.columns[0], "title": "Offer", "body": "Free."}
    first = await board.author.post(f"/rooms/{board.room}/notices", given, key="k")
    second = await board.author.post(f"/rooms/{board.room}/notices", given, key="k")
    assert first.json() == second.json()
    assert await board.titles(board.open_room.visitor) == ["Offer"]


async def test_posting_at_the_door(board: Board) -> None:
    open_room, path = board.open_room, f"/rooms/{board.room}/notices"
    given = {"column": board.columns[0], "title": "Offer", "body": "Free."}
    unproved, member = await open_room.member(verified=False), await open_room.member()
    silenced = await open_room.member(silenced_until=datetime.now(UTC) + timedelta(hours=1))
    silenced_here = await open_room.member()
    async with open_room.db.begin() as tx:
        await tx.run(_SILENCE, room=board.room, member=silenced_here.id)

    assert (await open_room.visitor.post(path, given)).status_code == 401
    assert (await unproved.post(path, given)).json()["code"] == "not_verified"
    assert (await silenced.post(path, given)).json()["code"] == "silenced"
    assert (await silenced_here.post(path, given)).json()["code"] == "silenced_here"
    assert (await member.post("/rooms/999999/notices", given)).status_code == 404
    assert (await member.post(path, given | {"column": 999999})).json()["code"] == "no_such_column"
    assert (await member.post(path, given | {"body": " \n "})).json()["code"] == "nothing_visible"
    assert (await member.post(path, given | {"anonymous": True})).status_code == 422
    end = {"expires_at": "1999-01-01T00:00:00Z"}
    assert (await member.post(path, given | end)).json()["code"] == "ends_out_of_range"
    for state in ("open", "closed"):
        assert (await member.post(path, given)).status_code == 201, "before, during and after the session"
        await open_room.host.put(f"/rooms/{board.room}/state", {"state": state})
    assert (await member.post(path, given)).status_code == 201
    await board.rule(writers="panel")
    assert (await member.post(path, given)).json()["code"] == "panel_only"
    await board.rule(modules="{questions}")
    assert (await member.post(path, given)).json()["code"] == "module_off"
    assert (await open_room.host.post(path, given)).json()["code"] == "module_off"


async def test_who_rewords_moves_pins_and_withdraws(board: Board) -> None:
    open_room, author = board.open_room, board.author
    elsewhere = (await open_room.administrator.post("/gatherings", a_webinar(datetime.now(UTC)))).json()["id"]
    stranger, moderator = (
        await open_room.member(hosts=elsewhere),
        await open_room.member(moderates=open_room.sector_id),
    )
    member = await open_room.member()
    path = f"/notices/{(await board.post(author))['id']}"
    asked = {
        "reword": lambda who: who.patch(path, {"title": "Other", "body": "Other."}),
        "end": lambda who: who.patch(path, {"expires_at": "2099-01-01T00:00:00Z"}),
        "move": lambda who: who.put(f"{path}/column", {"column": board.columns[1]}),
        "pin": lambda who: who.put(f"{path}/pin", None),
        "unpin": lambda who: who.delete(f"{path}/pin"),
        "withdraw": lambda who: who.delete(path),
    }
    for ask in asked.values():
        assert (await ask(open_room.visitor)).status_code == 401
        for who in (member, stranger, moderator):
            assert (await ask(who)).status_code == 403
    assert (await asked["reword"](open_room.host)).json()["code"] == "not_yours"
    assert (await asked["withdraw"](open_room.host)).json()["code"] == "not_yours"
    assert (await asked["pin"](author)).json()["code"] == "not_host"
    for what, who in (
        ("end", open_room.host),
        ("move", open_room.host),
        ("pin", open_room.host),
        ("reword", author),
    ):
        assert (await asked[what](who)).status_code == 200, what
    seen = (await open_room.visitor.get(path)).json()
    assert (seen["title"], seen["body"], seen["pinned"], seen["column"]) == (
        "Other",
        "Other.",
        True,
        board.columns[1],
    )
    history = (await member.get(f"/posts/{seen['post']}/revisions")).json()["items"]
    assert [revision["body"] for revision in history] == ["## Other\n\nOther.", "## Offer: a lab\n\nFree."]
    assert (await asked["withdraw"](author)).status_code == 204
    assert (await asked["withdraw"](author)).status_code == 204
    assert (await open_room.host.get(path)).status_code == 404
    assert (await asked["pin"](open_room.host)).status_code == 404
    assert (await asked["reword"](author)).json()["code"] == "post_withdrawn"
    assert (await asked["move"](author)).json()["code"] == "post_withdrawn"
    async with open_room.db.begin() as tx:
        await tx.run(_SILENCE, room=board.room, member=author.id)
    other = f"/notices/{(await board.post(open_room.host))['id']}"
    assert (await author.patch(other, {"body": "Mine."})).status_code == 403


async def test_two_movers_at_once(board: Board) -> None:
    notice = await board.post(board.author)
    path = f"/notices/{notice['id']}"
    headers = {"If-Match": '"1"'}
    answers = await asyncio.gather(
        *(
            who._ask("PUT", f"{path}/column", json={"column": column}, headers=headers)
            for who, column in ((board.author, board.columns[1]), (board.open_room.host, board.columns[2]))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    stale = next(answer.json() for answer in answers if answer.status_code == 412)
    assert stale["current"]["column"] == won["column"]
    again = await board.author._ask("PUT", f"{path}/column", json={"column": won["column"]}, headers=headers)
    assert again.json()["version"] == 2, "where it is already, it stays"


async def test_a_notice_expires_by_the_clock(board: Board) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    notice = await board.post(board.author, expires_at=(now + timedelta(hours=1)).isoformat())
    stays = await board.post(board.author, "Stays")
    member = await board.open_room.member()
    assert await board.titles(member) == ["Stays", "Offer: a lab"]
    before = len(await board.open_room.log(f"room:{board.room}"))
    assert stays["expires_at"] is None

    with clock.stop_at(now + timedelta(hours=1)):
        for who in (board.open_room.visitor, member):
            assert await board.titles(who) == ["Stays"]
            assert (await who.get(f"/notices/{notice['id']}")).status_code == 404
            assert await board.titles(who, q="lab") == []
        columns = (await board.open_room.visitor.get(f"/rooms/{board.room}/columns")).json()["items"]
        assert columns[0]["notices"] == 1
        for who in (board.author, board.open_room.host):
            page = (await who.get(f"/rooms/{board.room}/notices")).json()["items"]
            assert [one["state"] for one in page] == ["published", "expired"]
        assert len(await board.open_room.log(f"room:{board.room}")) == before, "no event, no write"
    again = await board.author.patch(f"/notices/{notice['id']}", {"expires_at": None})
    assert again.json()["state"] == "published"
    assert len(await board.titles(member)) == 2


async def test_pinned_first_then_the_newest_and_no_page_repeats(board: Board) -> None:
    db = board.open_room.db
    made = []
    async with db.begin() as tx:
        from_sql = statement("""
        WITH p AS (
            INSERT INTO posts (topic_id, number, path, depth, author_id, body, html, posted_at)
            SELECT :topic, n + 1, path_segment(CAST(n AS integer)), 0, :author, '## Number ' || n || E'\\n\\nText',
                '<h4>x</h4><p>Text</p>', CAST(:now AS timestamptz) - make_interval(mins => CAST(n / 3 AS integer))
            FROM generate_series(1, CAST(:count AS integer)) n RETURNING id, number
        ) INSERT INTO notices (room_id, column_id, post_id, title, pinned_at)
        SELECT :room, :column, id, 'Number ' || number - 1, CASE WHEN number % 20 = 0 THEN now() END
        FROM p ORDER BY id RETURNING id
        """)
        made = await tx.rows(
            from_sql,
            topic=board.topic,
            room=board.room,
            column=board.columns[0],
            author=board.author.id,
            now=datetime.now(UTC),
            count=2 * PAGE_SIZE + 5,
        )
    seen: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = (await board.open_room.visitor.get(f"/rooms/{board.room}/notices", **after)).json()
        seen += page["items"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(seen) == len(made) == len({notice["id"] for notice in seen})
    order = [(not one["pinned"], [-ord(sign) for sign in one["posted_at"]], -one["id"]) for one in seen]
    assert order == sorted(order)
    assert await board.titles(board.open_room.visitor, column=board.columns[1]) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("cafe", ["Café ouvert"]),
        ("ÇALIŞTAY", ["Çalıştay"]),
        ("ouvert", ["Café ouvert"]),
        ('"kobalt suche"', ["Çalıştay"]),
        ('"suche kobalt"', []),
        ("kobalt -suche", ["Café ouvert"]),
        ("suche OR ouvert", ["Çalıştay", "Café ouvert"]),
        ("供应链", ["钴的供应链"]),
        ("AT&T", ["钴的供应链"]),
        ("openlca", ["钴的供应链"]),
        ("CO2", ["钴的供应链"]),
        ("calis", ["Çalıştay"]),
        ("by:nobody", []),
        ("مدرسه", ["مَدرَسه"]),
        ("'", []),
        ('-"', []),
        ("100%_", []),
    ],
)
async def test_search_understands_what_the_search_of_the_site_does(
    board: Board, words: str, found: list[str]
) -> None:
    await board.post(board.author, "Café ouvert", "Le KOBALT")
    await board.post(board.author, "مَدرَسه", "x")
    await board.post(board.author, "Çalıştay", "Kobalt Suche")
    await board.post(board.author, "钴的供应链", "AT&T ask for CO₂ in OpenLCA.")
    await board.open_room.app.run_jobs()
    assert await board.titles(board.open_room.visitor, q=words) == found


async def test_nothing_hidden_leaks(board: Board) -> None:
    open_room = board.open_room
    notice = await board.post(board.author, "Secret", "Whisper")
    await give_reason(open_room.db, notice["post"])
    async with open_room.db.begin() as tx:
        assert await hide_post(tx, TopicId(board.topic), PostId(notice["post"]))
        await on_post_changed(tx, PostEdited(topic_id=board.topic, post_id=notice["post"]))

    for who in (open_room.visitor, await open_room.member(), open_room.host, board.author):
        for filters in ({}, {"q": "whisper"}, {"column": board.columns[0]}):
            assert await board.titles(who, **filters) == []
        assert (await who.get(f"/notices/{notice['id']}")).status_code == 404
        assert (await who.get(f"/rooms/{board.room}")).json()["columns"][0]["notices"] == 0
    assert (await board.author.patch(f"/notices/{notice['id']}", {"body": "x"})).json()[
        "code"
    ] == "post_hidden"
    for audience in ("all", "host"):
        async with open_room.db.read() as tx:
            told = await show_room(tx, audience, await open_room.log(f"room:{board.room}"))
        assert not any(b"Secret" in one or b"Whisper" in one for one in told)
        assert msgspec.json.decode(told[-1])["notice"]["state"] == "hidden"


async def test_what_its_author_writes_in_the_topic_is_on_the_board(board: Board) -> None:
    notice = await board.post(board.author)
    await board.author.patch(f"/posts/{notice['post']}", {"body": "## Renamed\n\nOther"})
    async with board.open_room.db.begin() as tx:
        await on_post_changed(tx, PostEdited(topic_id=board.topic, post_id=notice["post"]))
    seen = (await board.author.get(f"/notices/{notice['id']}")).json()
    assert (seen["title"], seen["body"], seen["html"]) == ("Renamed", "Other", "<p>Other</p>\n")
    await board.author.patch(f"/posts/{notice['post']}", {"body": "No heading"})
    async with board.open_room.db.begin() as tx:
        await on_post_changed(tx, PostEdited(topic_id=board.topic, post_id=notice["post"]))
    seen = (await board.author.get(f"/notices/{notice['id']}")).json()
    assert (seen["title"], seen["body"], seen["html"]) == ("Renamed", "No heading", "<p>No heading</p>\n")


@pytest.mark.parametrize("viewer", ["all", "host"])
async def test_an_old_snapshot_and_the_events_since_are_a_fresh_one(board: Board, viewer: str) -> None:
    open_room, author = board.open_room, board.author
    who = open_room.host if viewer == "host" else await open_room.member()
    olds = [await _snapshot(board, who)]
    first = await board.post(author, "First")
    second = await board.post(author, "Second", column=board.columns[1])
    olds.append(await _snapshot(board, who))
    third = (
        await board.post(open_room.host, "Third") if viewer == "all" else await board.post(author, "Third")
    )
    await author.patch(f"/notices/{first['id']}", {"title": "First of all"})
    await open_room.host.put(f"/notices/{second['id']}/column", {"column": board.columns[2]})
    await open_room.host.put(f"/notices/{second['id']}/pin", None)
    olds.append(await _snapshot(board, who))
    await author.delete(f"/notices/{first['id']}")
    await open_room.host.patch(f"/notices/{third['id']}", {"expires_at": datetime.now(UTC).isoformat()})
    olds.append(await _snapshot(board, who))
    await author.delete(f"/posts/{first['post']}/withdrawal")
    await give_reason(open_room.db, second["post"])
    async with open_room.db.begin() as tx:
        await on_post_changed(tx, PostWithdrawn(topic_id=board.topic, post_id=first["post"]))
        await on_post_changed(tx, PostRestored(topic_id=board.topic, post_id=first["post"]))
        await hide_post(tx, TopicId(board.topic), PostId(second["post"]))
        await on_post_changed(tx, PostEdited(topic_id=board.topic, post_id=second["post"]))
        await unhide_post(tx, TopicId(board.topic), PostId(second["post"]))
        await on_post_changed(tx, PostEdited(topic_id=board.topic, post_id=second["post"]))
    await open_room.host.delete(f"/columns/{board.columns[3]}")
    await open_room.host.patch(f"/columns/{board.columns[0]}", {"title": "Gifts", "place": 3})
    fresh = await _snapshot(board, who)
    for old in [*olds, fresh]:
        async with open_room.db.read() as tx:
            entries = await open_room.log(f"room:{board.room}", old["seq"])
            events = [msgspec.json.decode(told) for told in await show_room(tx, viewer, entries)]
        assert _apply(old, events, is_host=viewer == "host") == (fresh["columns"], fresh["notices"])


async def _snapshot(board: Board, who: Person) -> dict[str, Any]:
    page = (await who.get(f"/rooms/{board.room}/notices")).json()
    room = (await who.get(f"/rooms/{board.room}")).json()
    notices = {notice["id"]: notice for notice in page["items"]}
    return {"seq": page["stream"]["seq"], "columns": room["columns"], "notices": notices}


def _apply(old: Mapping[str, Any], events: list[Any], is_host: bool) -> tuple[Any, Any]:
    columns, notices = old["columns"], dict(old["notices"])
    for event in events:
        columns = event.get("columns", columns)
        if told := event.get("notice"):
            notices[told["id"]] = notices.get(told["id"], {"mine": False, "my_thanks": False}) | told
    seen = {"published"} | ({"expired", "held"} if is_host else set())
    return columns, {number: notice for number, notice in notices.items() if notice["state"] in seen}


async def test_hosts_arrange_the_columns(board: Board) -> None:
    open_room, path = board.open_room, f"/rooms/{board.room}/columns"
    member = await open_room.member()
    first = board.columns[0]
    for who, status in ((open_room.visitor, 401), (member, 403), (board.author, 403)):
        assert (await who.post(path, {"title": "Jobs"})).status_code == status
        assert (await who.patch(f"/columns/{first}", {"title": "Jobs"})).status_code == status
        assert (await who.delete(f"/columns/{first}")).status_code == status
    added = (await open_room.host.post(path, {"title": " Jobs "})).json()
    assert (added["title"], added["place"], added["notices"], added["version"]) == ("Jobs", 5, 0, 1)
    assert (await open_room.host.post(path, {"title": "   "})).json()["code"] == "nothing_visible"
    moved = await open_room.host.patch(f"/columns/{added['id']}", {"place": 1}, version=1)
    assert (moved.json()["place"], moved.json()["version"]) == (1, 2)
    stale = await open_room.host.patch(f"/columns/{added['id']}", {"title": "Work"}, version=1)
    assert (stale.status_code, stale.json()["current"]["version"]) == (412, 2)
    columns = (await open_room.visitor.get(path)).json()["items"]
    assert [column["id"] for column in columns] == [added["id"], *board.columns]
    assert [column["place"] for column in columns] == [1, 2, 3, 4, 5]
    for number in range(7):
        assert (await open_room.host.post(path, {"title": f"More {number}"})).status_code == 201
    assert (await open_room.host.post(path, {"title": "Too much"})).json()["code"] == "too_many_columns"


async def test_a_column_is_removed_when_empty_or_its_notices_go_elsewhere(board: Board) -> None:
    open_room = board.open_room
    notice, gone = await board.post(board.author), await board.post(board.author, "Gone")
    await board.author.delete(f"/notices/{gone['id']}")
    first, second, third, fourth = (f"/columns/{column}" for column in board.columns)

    assert (await open_room.host.delete(first)).json()["code"] == "column_not_empty"
    assert (await open_room.host.delete(f"{first}?into=999999")).json()["code"] == "no_such_column"
    assert (await open_room.host.delete(f"{first}?into={board.columns[0]}")).json()[
        "code"
    ] == "no_such_column"
    assert (await open_room.host.delete(f"{first}?into={board.columns[1]}")).status_code == 204
    assert (await open_room.host.delete(first)).status_code == 404
    assert (await open_room.visitor.get(f"/notices/{notice['id']}")).json()["column"] == board.columns[1]
    for path in (third, fourth):
        assert (await open_room.host.delete(path)).status_code == 204
    assert (await open_room.host.delete(second)).json()["code"] == "last_column"


async def test_a_removed_column_and_a_notice_for_it_at_once(board: Board) -> None:
    for column in board.columns[:3]:
        posted, removed = await asyncio.gather(
            board.author.post(
                f"/rooms/{board.room}/notices", {"column": column, "title": "Offer", "body": "Free."}
            ),
            board.open_room.host.delete(f"/columns/{column}"),
        )
        assert (posted.status_code, removed.status_code) in ((201, 409), (422, 204))


async def test_in_a_premoderated_room_a_notice_waits_for_a_host(board: Board) -> None:
    open_room, author, member = board.open_room, board.author, await board.open_room.member()
    async with open_room.db.begin() as tx:
        await tx.run(_PREMODERATE, room=board.room)
    snapshot = await _snapshot(board, member)
    notice = await board.post(author, "Secret", "Whisper")
    path = f"/notices/{notice['id']}"
    assert (notice["state"], "number" in notice) == ("held", False)
    direct = await board.post(open_room.host, "From the host")
    assert direct["state"] == "published"

    async def ensure_only_author_and_host_see(state: str = "held", host: bool = True) -> None:
        for who in (open_room.visitor, member, *([] if host else [open_room.host])):
            assert await board.titles(who) == ["From the host"]
            assert await board.titles(who, q="whisper") == []
            assert (await who.get(path)).status_code == 404
            assert (await who.get(f"/posts/{notice['post']}")).status_code == 404
        assert (await open_room.visitor.get(f"/rooms/{board.room}")).json()["columns"][0]["notices"] == 1
        for who in (author, *([open_room.host] if host else [])):
            assert (await who.get(path)).json()["state"] == state
        async with open_room.db.read() as tx:
            told = await show_room(tx, "all", await open_room.log(f"room:{board.room}"))
        assert not any(str(notice["id"]).encode() in one and b"Whisper" in one for one in told)
        assert b'{"type":"withheld"}' in told

    await ensure_only_author_and_host_see()
    assert (await author.patch(path, {"body": "Whisper more"})).json()["state"] == "held"
    for verb in (
        open_room.host.put(f"{path}/column", {"column": board.columns[1]}),
        author.put(f"{path}/column", {"column": board.columns[0]}),
    ):
        assert (await verb).status_code == 200
    assert (await member.put(f"{path}/approval", None)).status_code == 404
    assert (await author.put(f"{path}/approval", None)).json()["code"] == "not_host"
    assert (await open_room.host.delete(path)).json()["code"] == "not_yours"
    for _ in range(2):
        assert (await open_room.host.delete(f"{path}/approval")).status_code == 204
    await ensure_only_author_and_host_see("declined", host=False)
    assert (await author.patch(path, {"body": "Whisper less"})).json()["state"] == "held"
    await ensure_only_author_and_host_see()
    for _ in range(2):
        assert (await open_room.host.put(f"{path}/approval", None)).json()["state"] == "published"
    assert (await open_room.host.delete(f"{path}/approval")).json()["code"] == "notice_approved"
    assert await board.titles(member) == ["From the host", "Secret"]
    async with open_room.db.read() as tx:
        entries = await open_room.log(f"room:{board.room}", snapshot["seq"])
        events = [msgspec.json.decode(told) for told in await show_room(tx, "all", entries)]
    fresh = await _snapshot(board, member)
    assert _apply(snapshot, events, is_host=False) == (fresh["columns"], fresh["notices"])

    other = await board.post(author, "Another")
    for _ in range(2):
        assert (await author.delete(f"/notices/{other['id']}")).status_code == 204
    for who in (author, open_room.host):
        assert "Another" not in await board.titles(who)
    assert (await open_room.host.put(f"/notices/{other['id']}/approval", None)).status_code == 404


async def test_in_an_open_premoderated_room_hosts_and_panel_alone_reply(board: Board) -> None:
    open_room, panelist = board.open_room, await board.open_room.member()
    moderator = await open_room.member(moderates=open_room.sector_id)
    notice = await board.post(board.author)
    async with open_room.db.begin() as tx:
        await tx.run(_PREMODERATE, room=board.room)
        await tx.run(_PANELIST, room=board.room, member=panelist.id)

    async def reply(who: Person, parent: int | None) -> tuple[int, str]:
        given = {"body": "I do."} | ({"parent": parent} if parent else {})
        answer = await who.post(f"/topics/{board.topic}/posts", given)
        return answer.status_code, answer.json().get("code", "")

    assert (await open_room.host.put(f"/rooms/{board.room}/state", {"state": "open"})).status_code == 200
    for parent in (None, notice["post"]):
        for who in (board.author, moderator):
            assert await reply(who, parent) == (409, "replies_closed_here")
        for who in (panelist, open_room.host):
            assert await reply(who, parent) == (201, "")
    assert (await open_room.host.put(f"/rooms/{board.room}/state", {"state": "closed"})).status_code == 200
    for who in (board.author, moderator):
        assert await reply(who, notice["post"]) == (201, "")

    # What was written while one could is not turned into something else once it is open again.
    said = (await board.author.post(f"/topics/{board.topic}/posts", {"body": "I do."})).json()
    assert (await open_room.host.put(f"/rooms/{board.room}/state", {"state": "open"})).status_code == 200
    turned = await board.author.patch(f"/posts/{said['id']}", {"body": "Abuse"})
    assert (turned.status_code, turned.json()["code"]) == (409, "replies_closed_here")

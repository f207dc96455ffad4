"""Erasures: nothing of a member is left, others lose nothing, and what open cases need stays until they end."""

from collections.abc import Sequence
from datetime import timedelta

import httpx2
import pytest

from core import clock
from core.ids import MemberId
from members.accounts.erasure import FORMER_HANDLE, FORMER_NAME
from members.accounts.erasure_requests import plan_erasure
from personal_data.erasing import erase_next_member
from personal_data.erasure_list import FILE_NAME, read_erasures
from storage.counters import find_wrong
from tertulia.doctor.work_checks import COUNTERS
from tertulia.scheduled_jobs import erasure_surroundings
from tests.support.erasure.canary import NAME, WORDS, Canary, a_canary, find_in_files, find_in_tables
from tests.support.moderation.cases import decide, mails
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql
from tests.support.world import a_world

DELETES = ("posts", "rooms", "entries")


async def erase(app: Service, member: Person, *deletes: str) -> None:
    """Erase a member now, with all that follows."""
    async with app.db.begin() as tx:
        await plan_erasure(tx, MemberId(member.id), sorted(deletes), clock.now())
    await app.run_jobs()


async def test_nothing_of_a_member_is_left(app: Service, capfd: pytest.CaptureFixture[str]) -> None:
    mails(app)  # of other tests
    canary = await a_canary(app)
    before = await find_in_tables(app.owner_url, NAME, WORDS)
    assert len(before) >= 25, sorted(before)
    data = app.contexts[0].settings.data
    capfd.readouterr()

    await erase(app, canary.member, *DELETES)

    assert await find_in_tables(app.owner_url, NAME, WORDS) == {}
    assert find_in_files(data, NAME, WORDS) == []
    said = "".join(capfd.readouterr()).lower()
    assert NAME not in said and WORDS not in said
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM members WHERE id = $1", canary.member.id) == 0
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM quarantine WHERE job = 'erasures'") == 0
    noted = read_erasures((data / FILE_NAME).read_text().splitlines())
    assert (canary.member.id, tuple(sorted(DELETES))) in [(one.member_id, one.deletes) for one in noted]
    await _ensure_counters_right(app)
    await _ensure_others_kept(app, canary)


async def _ensure_counters_right(app: Service) -> None:
    async with app.db.read() as tx:
        assert {counter.name: await find_wrong(tx, counter) for counter in COUNTERS} == {
            counter.name: [] for counter in COUNTERS
        }


async def _ensure_others_kept(app: Service, canary: Canary) -> None:
    other = canary.other
    post = (await other.get(f"/posts/{canary.other_post}")).json()
    assert "What was quoted here is not shown." in post["html"]
    assert post["body"].endswith("So there, @deleted-member.") and post["reactions"] == {}
    gone = (await other.get(f"/posts/{canary.post}")).json()
    assert (gone["state"], gone["author"]["display_name"], gone["html"]) == ("withdrawn", FORMER_NAME, None)
    topic = (await other.get(f"/topics/{canary.topic}")).json()
    assert (topic["title"], topic["author"]["handle"], topic["state"]) == ("(deleted)", FORMER_HANDLE, "open")
    joint = (await other.get(f"/entries/{canary.joint_entry}")).json()
    assert (joint["title"], joint["author"]["handle"]) == ("Tin", FORMER_HANDLE)
    (mark,) = (await other.get("/bookmarks")).json()["items"]
    assert (mark["note"], mark["is_visible"], mark["excerpt"]) == ("Ask @deleted-member", False, None)
    question = await raw_sql(app.db).fetchrow(
        "SELECT votes, former_votes FROM questions WHERE id = $1", canary.question
    )
    assert tuple(question) == (1, 1), "the vote stays counted"
    former = await canary.root.client.get(f"/m/{FORMER_HANDLE}")
    assert "This name stands for all members who have deleted their account." in former.text
    for path in (
        f"/t/{canary.topic}",
        f"/p/{canary.other_post}",
        f"/b/{canary.board}",
        f"/m/{FORMER_HANDLE}",
        "/audit",
    ):
        page = await canary.root.client.get(path, follow_redirects=True)
        assert page.status_code == 200 and NAME not in page.text.lower(), path


async def test_texts_that_are_kept_lose_the_name(app: Service) -> None:
    canary = await a_canary(app)

    await erase(app, canary.member)

    found = await find_in_tables(app.owner_url, NAME)
    assert found == {}
    post = (await canary.other.get(f"/posts/{canary.post}")).json()
    assert WORDS in post["html"] and post["author"]["display_name"] == FORMER_NAME
    quoting = (await canary.other.get(f"/posts/{canary.other_post}")).json()
    assert f"<bdi>{FORMER_NAME}</bdi>" in quoting["html"] and WORDS in quoting["html"]
    assert 'href="/m/deleted-member" class="mention"' in quoting["html"]
    await _ensure_counters_right(app)
    hits = (await canary.other.get(f"/search?q={WORDS}")).json()["items"]
    assert canary.topic in [hit["topic"] for hit in hits], "what stays is still found"


async def test_what_an_open_case_needs_stays_until_it_ends(app: Service) -> None:
    author, flagger = await a_person(app, NAME.title()), await a_person(app, "Flagger")
    judge = await a_person(app, "Judge", duties=[("administrator", None)])
    topic = (await a_topic(judge))["id"]
    sold = (await a_reply(author, topic, f"Buy {WORDS} here"))["id"]
    said = (await a_reply(author, topic, f"No {WORDS} here"))["id"]
    flag = {"reason": "spam", "note": f"Like {WORDS}."}
    assert (await flagger.post(f"/posts/{sold}/flags", {"reason": "spam"})).status_code == 201
    other = (await a_reply(flagger, topic, "Buy tin here"))["id"]
    assert (await author.post(f"/posts/{other}/flags", flag)).status_code == 201
    await app.run_jobs()

    await erase(app, author, *DELETES)

    assert await find_in_tables(app.owner_url, NAME) == {}
    assert await find_in_tables(app.owner_url, WORDS) == {
        "posts": 1,
        "flags": 1,
        "search_posts": 1,
        "search_words": 1,
    }
    assert not (await judge.get(f"/posts/{said}")).json()["html"]
    [row] = await raw_sql(app.db).fetch("SELECT * FROM members WHERE id = $1", author.id)
    assert (row["handle"], row["display_name"], row["is_claimed"]) == (
        f"deleted-{author.id}",
        FORMER_NAME,
        False,
    )
    cases = (await judge.get("/cases")).json()["items"]
    assert {case["object"]["id"] for case in cases} == {sold, other}
    for case in cases:
        assert (await decide(judge, case["id"], "no_action")).status_code == 201
    with clock.stop_at(clock.now() + timedelta(hours=2)):
        await app.run_jobs()

    assert await find_in_tables(app.owner_url, WORDS) == {}
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM members WHERE id = $1", author.id) == 0
    assert await raw_sql(app.db).fetchval("SELECT ended_at FROM erasures WHERE member_id = $1", author.id)
    await _ensure_counters_right(app)


async def test_nobody_gets_the_handle_of_a_former_member(app: Service, client: httpx2.AsyncClient) -> None:
    member = await a_person(app, "Lomu")
    await erase(app, member)
    given = {"email": "new@mail.example", "password": "three unrelated words"}
    for handle in (member.handle, member.handle.replace("o", "0"), "deleted-member"):
        refused = await client.post("/api/v1/accounts", json=given | {"handle": handle})
        assert (refused.status_code, refused.json()["code"]) == (422, "handle_not_available"), handle
    assert (await client.post("/api/v1/accounts", json=given | {"handle": "lamu"})).status_code == 201


async def test_an_erasure_goes_on_where_it_was_interrupted(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.posts.erasure.BATCH_SIZE", 2)
    member = await a_person(app, NAME.title())
    topic = (await a_topic(member, f"{WORDS} one", f"{WORDS} two"))["id"]
    for n in range(4):
        await a_reply(member, topic, f"{WORDS} {n}")
    async with app.db.begin() as tx:
        await plan_erasure(tx, MemberId(member.id), ["posts"], clock.now())
    surroundings = erasure_surroundings(app.contexts[0].settings)
    for left in (5, 3, 1, 0):
        assert await erase_next_member(surroundings, app.db)
        assert await raw_sql(app.db).fetchval("SELECT count(*) FROM posts WHERE body <> ''") == left
        assert (await member.get("/me")).status_code == 401, "nobody uses the account meanwhile"
    assert await erase_next_member(surroundings, app.db)
    assert not await erase_next_member(surroundings, app.db)
    assert await find_in_tables(app.owner_url, NAME, WORDS) == {}


@pytest.mark.parametrize("deletes", [(), DELETES])
async def test_the_author_of_one_of_everything_can_be_erased(app: Service, deletes: Sequence[str]) -> None:
    world = await a_world(app)
    await erase(app, world.author, *deletes)
    assert await raw_sql(app.db).fetch("SELECT error FROM quarantine WHERE job = 'erasures'") == []
    assert await raw_sql(app.db).fetchval(
        "SELECT begun_at FROM erasures WHERE member_id = $1", world.author.id
    )
    found = await find_in_tables(app.owner_url, world.author.handle)
    assert set(found) <= {"tag_groups"}, "the administrator chose that name"
    await _ensure_counters_right(app)

"""Cases about topics, profiles and files: flagged, reported, decided, hidden with a reason, and restored unchanged."""

import base64
from datetime import timedelta
from typing import Any

import asyncpg
import httpx2
import pytest
import pytest_asyncio
from msgspec import Struct

from core import clock
from tests.support.moderation.cases import mails
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql
from tests.support.streams import hears

WHY = {"rule": "No selling", "facts": "It sells."}
GREETING = "I sell cobalt"


class Place(Struct):
    """A topic with a file by an author with a profile; a member who flags, a moderator, and a moderator of another
    sector."""

    app: Service
    author: Person
    flagger: Person
    judge: Person
    stranger: Person
    topic: int
    file: int
    address: str

    def flag_path(self, kind: str) -> str:
        whose = {"topic": self.topic, "file": self.file, "profile": self.author.handle}
        return f"/{kind}s/{whose[kind]}/flags" if kind != "profile" else f"/members/{whose[kind]}/flags"

    def object(self, kind: str) -> dict[str, Any]:
        return {
            "kind": kind,
            "id": {"topic": self.topic, "file": self.file, "profile": self.author.id}[kind],
        }

    async def flag(self, kind: str) -> dict[str, Any]:
        """Flag the object and return the case that this opens."""
        flagged = await self.flagger.post(self.flag_path(kind), {"reason": "spam"})
        assert flagged.status_code == 201, flagged.text
        assert flagged.json()["object"] == self.object(kind)
        items = (await self.judge.get("/cases")).json()["items"]
        [case] = [one for one in items if one["object"] == self.object(kind)]
        return dict(case)

    async def decide(self, case: dict[str, Any], *also: str, action: str = "hide") -> httpx2.Response:
        given = {"version": case["version"], "action": action, "reason": WHY, "also": list(also)}
        return await self.judge.post(f"/cases/{case['id']}/decisions", given)

    async def sight(self, kind: str, who: Person) -> tuple[int, Any]:
        """Return everything that a member sees of the object."""
        if kind == "file":
            answer = await who.client.get(self.address)
            return answer.status_code, answer.content
        answer = await who.get(
            f"/topics/{self.topic}" if kind == "topic" else f"/members/{self.author.handle}"
        )
        if kind == "profile":
            return 200 if answer.json().get("about") else 404, answer.json().get("about")
        return answer.status_code, answer.json().get("title")


KINDS = ["topic", "profile", "file"]


@pytest_asyncio.fixture
async def place(app: Service) -> Place:
    author, flagger = await a_person(app, "Author"), await a_person(app, "Flagger")
    judge = await a_person(app, "Judge", duties=[("moderator", "mobility")])
    stranger = await a_person(app, "Stan", duties=[("moderator", "electronics")])
    profile = {"about": GREETING, "organisation": "Cobalt Inc", "public": ["about", "organisation"]}
    assert (await author.patch("/me/profile", profile)).status_code == 200
    content = base64.b64encode(b"Cheap cobalt").decode()
    file = (await author.post("/files", {"name": "offer.txt", "content": content})).json()
    await raw_sql(app.db).execute("UPDATE members SET trust = 2 WHERE id = $1", author.id)
    topic = (await a_topic(author, "Cobalt for sale", f"See {file['markup']}"))["id"]
    return Place(app, author, flagger, judge, stranger, topic, file["id"], file["address"])


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_flagged_is_shown_hidden_with_a_reason_told_and_given_back(
    place: Place, kind: str
) -> None:
    before = await place.sight(kind, place.flagger)
    assert before[0] == 200
    case = await place.flag(kind)
    assert case["subject"]["title"] and not case["subject"]["is_hidden"]
    assert case["subject"]["author"]["handle"] == place.author.handle
    assert (case["sector"], case["post"]) == (None if kind == "profile" else "mobility", None)
    unreasoned = {"version": case["version"], "action": "hide"}
    assert (await place.judge.post(f"/cases/{case['id']}/decisions", unreasoned)).status_code == 422

    with clock.stop_at(clock.now() + timedelta(minutes=1)):
        decided = await place.decide(case)
        assert decided.status_code == 201, decided.text
    decision = decided.json()["id"]

    assert (await place.sight(kind, place.flagger))[0] in (403, 404)
    assert (await place.judge.get(f"/cases/{case['id']}")).json()["subject"]["is_hidden"]
    refused = await place.flagger.post(place.flag_path(kind), {"reason": "spam"})
    assert refused.status_code in (201, 404, 409), "the same flag again is the first one, or it is not there"
    other = await a_person(place.app, "Other")
    assert (await other.post(place.flag_path(kind), {"reason": "spam"})).status_code in (404, 409)

    with clock.stop_at(clock.now() + timedelta(minutes=2)):
        await place.app.run_jobs()
        told = [mail for mail in mails(place.app) if place.author.handle in str(mail["To"])]
        assert any("hidden" in str(mail["Subject"]) for mail in told)
        statement = (await place.author.get(f"/decisions/{decision}")).json()
        assert statement["object"] == place.object(kind) and statement["may_appeal"]
        ledger = (await other.get("/ledger")).json()["items"]
        assert [one["object"] for one in ledger] == [place.object(kind)]
        later = {"facts": "It was a quotation."}
        back = await place.judge.put(f"/decisions/{decision}/reversal", later)
        assert back.status_code == 200, back.text

    assert await place.sight(kind, place.flagger) == before


@pytest.mark.parametrize("kind", KINDS)
async def test_within_twelve_seconds_it_is_as_if_nothing_had_been_decided(place: Place, kind: str) -> None:
    before = await place.sight(kind, place.flagger)
    case = await place.flag(kind)
    decision = (await place.decide(case)).json()["id"]

    undone = await place.judge.delete(f"/decisions/{decision}")

    assert undone.status_code == 200, undone.text
    assert undone.json()["state"] == "open"
    assert await place.sight(kind, place.flagger) == before


@pytest.mark.parametrize("kind", KINDS)
async def test_who_decides_is_who_moderates_there_and_is_not_concerned(place: Place, kind: str) -> None:
    case = await place.flag(kind)
    seen = [one["id"] for one in (await place.stranger.get("/cases")).json()["items"]]
    assert seen == ([case["id"]] if kind == "profile" else []), "a profile is for all moderators"
    assert (await place.author.post(place.flag_path(kind), {"reason": "spam"})).json()["code"] == "own_post"
    assert (await place.flagger.get(f"/cases/{case['id']}")).status_code == 404

    flagged = await place.judge.post(place.flag_path(kind), {"reason": "spam"})

    assert flagged.status_code == 201
    case = (await place.judge.get(f"/cases/{case['id']}")).json()
    assert case["involved"]
    assert (await place.decide(case)).json()["code"] == "involved"


async def test_each_kind_has_its_measures(place: Place) -> None:
    for kind in KINDS:
        case = await place.flag(kind)
        answer = await place.decide(case, action="lock")
        if kind == "topic":
            assert answer.status_code == 201
            assert (await place.flagger.get(f"/topics/{place.topic}")).json()["state"] == "locked"
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, "not_for_this")
            assert (await place.decide(case, "warn")).status_code == 201
    sanctions = (await place.author.get("/me/sanctions")).json()["items"]
    assert [one["action"] for one in sanctions] == ["warn", "warn"]


async def test_for_a_profile_a_moderator_shuts_nobody_out_of_everything(place: Place) -> None:
    case = await place.flag("profile")
    given = {"version": case["version"], "action": "silence", "reason": WHY, "days": 3}

    refused = await place.judge.post(f"/cases/{case['id']}/decisions", given)

    assert (refused.status_code, refused.json()["code"]) == (403, "administrators_only")


async def test_hidden_files_leave_a_place_and_are_found_by_nobody_but_moderators(place: Place) -> None:
    case = await place.flag("file")
    await place.decide(case)

    page = await place.flagger.client.get(place.address)
    picture = await place.flagger.client.get(place.address, headers={"Accept": "image/webp,*/*"})
    assert (page.status_code, "Moderators have hidden" in page.text) == (403, True)
    assert (picture.status_code, picture.headers["content-type"]) == (403, "image/svg+xml")
    assert "Cheap" not in page.text + picture.text
    assert (await place.author.client.get(place.address)).status_code == 403
    assert (await place.judge.client.get(place.address)).content == b"Cheap cobalt"


async def test_a_hidden_profile_says_nothing_in_words_and_its_member_keeps_them(place: Place) -> None:
    await place.decide(await place.flag("profile"))

    seen = (await place.flagger.get(f"/members/{place.author.handle}")).json()

    assert (seen["about"], seen["organisation"], seen["is_hidden"]) == (None, None, True)
    assert (await place.author.get("/me")).json()["about"] == GREETING
    page = (await place.flagger.client.get(f"/m/{place.author.handle}")).text
    assert "Moderators have hidden" in page and GREETING not in page
    await place.author.patch("/me/profile", {"about": f"Once more: {GREETING}"})
    assert GREETING not in (await place.flagger.client.get(f"/m/{place.author.handle}")).text


async def test_a_hidden_topic_leaves_lists_search_and_open_pages(place: Place) -> None:
    case = await place.flag("topic")
    async with place.app.listening(f"topic:{place.topic}", place.flagger.token) as feed:
        assert feed.joined["type"] == "joined"
        await place.decide(case)
        assert (await hears(feed, "left"))["channel"] == f"topic:{place.topic}"
    listed = (await place.flagger.get("/sectors/mobility/topics")).json()["items"]
    assert place.topic not in [one["id"] for one in listed]
    assert (await place.flagger.get(f"/topics/{place.topic}/posts")).status_code == 404
    assert (await place.flagger.client.get(f"/feeds/topics/{place.topic}.atom")).status_code == 404
    assert (await place.judge.get(f"/topics/{place.topic}")).json()["state"] == "hidden"


REPORT = {
    "reason": "illegal",
    "why": "It is stolen.",
    "good_faith": True,
    "name": "Rea",
    "email": "rea@example.org",
}


async def test_anybody_reports_a_profile_a_file_or_a_topic_as_a_whole(
    place: Place, client: httpx2.AsyncClient
) -> None:
    # Without the host, because each process of a test has its own address.
    for kind, path, whole in (
        ("profile", f"/m/{place.author.handle}", False),
        ("file", place.address, False),
        ("topic", f"/t/{place.topic}", True),
    ):
        sent = await client.post("/api/v1/reports", json=REPORT | {"address": path, "whole": whole})
        assert sent.status_code == 201, sent.text
        assert sent.json()["address"].endswith(path)
        cases = (await place.judge.get("/cases")).json()["items"]
        assert place.object(kind) in [case["object"] for case in cases]
    plain_one = await client.post("/api/v1/reports", json=REPORT | {"address": f"/t/{place.topic}"})
    assert "/p/" in plain_one.json()["address"], "of a topic its first post"
    for path in ("/m/nobody-at-all", "/files/999999/a.txt"):
        sent = await client.post("/api/v1/reports", json=REPORT | {"address": path})
        assert (sent.status_code, sent.json()["code"]) == (422, "address_unknown")


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("topics", "hidden_at = now()"),
        ("members", "profile_hidden_at = now()"),
        ("files", "hidden_at = now()"),
    ],
)
async def test_the_database_hides_nothing_without_a_decision(place: Place, table: str, change: str) -> None:
    number = {"topics": place.topic, "members": place.author.id, "files": place.file}[table]
    kind = {"topics": "topic", "members": "profile", "files": "file"}[table]
    hide = f"UPDATE {table} SET {change} WHERE id = {number}"
    with pytest.raises(asyncpg.CheckViolationError, match="no decision says why"):
        await raw_sql(place.app.db).execute(hide)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await raw_sql(place.app.db).execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")

    await place.decide(await place.flag(kind))
    with pytest.raises(asyncpg.CheckViolationError, match="no decision says why"):
        await raw_sql(place.app.db).execute("UPDATE decisions SET undone_at = now()")


async def test_what_is_flagged_on_pages_is_shown_in_the_queue(place: Place) -> None:
    topic_page = await place.flagger.client.get(f"/t/{place.topic}", follow_redirects=True)
    profile_page = await place.flagger.client.get(f"/m/{place.author.handle}")
    for page, kind in ((topic_page, "topic"), (topic_page, "file"), (profile_page, "profile")):
        path = f"/flag/{kind}/{place.object(kind)['id']}"
        assert f'href="{path}"' in page.text, kind
        assert (await place.flagger.client.get(path)).status_code == 200
        sent = await place.flagger.client.post(path, data={"reason": "spam"}, follow_redirects=False)
        assert sent.status_code == 303, sent.text
        case = await place.flag(kind)
        shown = await place.judge.client.get(f"/queue?case={case['id']}")
        assert case["subject"]["title"] in shown.text and case["subject"]["address"] in shown.text
    assert (await place.flagger.client.get("/flag/post/1")).status_code == 404
    assert (await place.flagger.client.get("/flag/topic/999999")).status_code == 404


async def test_cases_say_in_which_language_they_are_and_are_found_by_it(app: Service) -> None:
    ada, author = await a_person(app, "Ada", duties=[("moderator", "mobility")]), await a_person(app)
    topic = (await a_topic(author))["id"]
    written = {
        "fr": "Nous avons comparé les listes des fonderies et quatorze raffineries diffèrent.",
        "de": "Wir haben die Listen der Schmelzen verglichen, und vierzehn Raffinerien stimmen nicht überein.",
        None: "Zn 3, Co 4",
    }
    for text in written.values():
        post = (await a_reply(author, topic, text))["id"]
        assert (
            await (await a_person(app)).post(f"/posts/{post}/flags", {"reason": "spam"})
        ).status_code == 201

    async def found(query: str = "") -> list[str | None]:
        return [one["language"] for one in (await ada.get(f"/cases{query}")).json()["items"]]

    assert await found() == list(written)
    assert await found("?language=fr") == ["fr"]
    assert await found("?language=es") == []
    assert (await ada.get("/cases?language=tlh")).status_code in (400, 422)
    page = (await ada.client.get("/queue?language=de", headers={"Accept": "text/html"})).text
    assert "in <bdi>German</bdi>" in page and "<bdi>french" not in page.lower()


@pytest.mark.parametrize(("public", "language"), [(["about"], "fr"), ([], None)])
async def test_of_a_profile_the_language_tells_nothing_that_is_not_public(
    app: Service, public: list[str], language: str | None
) -> None:
    ada = await a_person(app, "Ada", duties=[("administrator", None)])
    author, flagger = await a_person(app, "Author"), await a_person(app, "Flagger")
    about = "Je travaille depuis vingt ans sur la traçabilité des minerais."
    assert (await author.patch("/me/profile", {"about": about, "public": public})).status_code == 200
    assert (await flagger.post(f"/members/{author.handle}/flags", {"reason": "spam"})).status_code == 201
    [case] = (await ada.get("/cases")).json()["items"]
    assert case["language"] == language

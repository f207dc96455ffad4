"""Moderation over HTTP: who can flag and decide, where hidden content disappears, and how it is restored."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import asyncpg
import httpx2
import pytest
import pytest_asyncio
from msgspec import Struct

from core import clock
from core.actor import VISITOR, Actor, NotVerified
from core.errors import Denied, Refusal, SignInFirst
from core.ids import MemberId, SectorId, TopicId
from forum.events import PostEdited
from forum.policy import NotModerator, PostHidden, PostWithdrawn
from moderation.cases.cases import on_post_changed
from moderation.flags.policy import NoteMissing, OwnPost, ensure_can_flag, ensure_flag_is_clear
from moderation.policy import (
    UNDO_WINDOW,
    CaseFacts,
    FlaggedFacts,
    Involved,
    ReasonMissing,
    ensure_can_decide,
    ensure_can_read_queue,
    ensure_has_reason,
)
from moderation.shapes import Reason
from storage.statements import statement
from tests.support.people import Person, a_person, a_reply, a_topic, answered
from tests.support.rooms.open_room import OpenRoom, a_member, make_open_room
from tests.support.service import Service, raw_sql
from tests.support.streams import apply, snapshot

CANARY = "canary7391"
WHY = {"rule": "House rule 2", "facts": "It insults a member."}

HERE, THERE = SectorId(1), SectorId(2)
MEMBER = Actor(id=MemberId(5), is_verified=True)
MODERATOR = Actor(id=MemberId(6), is_verified=True, moderates=frozenset({HERE}))
ELSEWHERE = Actor(id=MemberId(7), is_verified=True, moderates=frozenset({THERE}))
ADMINISTRATOR = Actor(id=MemberId(8), is_verified=True, is_administrator=True)
SILENCED = Actor(id=MemberId(9), is_verified=True, silenced_until=datetime(2099, 1, 1, tzinfo=UTC))


def a_moment_later() -> AbstractContextManager[None]:
    """Stop the clock at a time when recent decisions can no longer be undone."""
    return clock.stop_at(clock.now() + UNDO_WINDOW)


def a_case(**facts: Any) -> CaseFacts:
    given = {
        "id": 1,
        "object_id": 2,
        "topic_id": TopicId(3),
        "sector_id": HERE,
        "kind": "post",
        "state": "open",
        "version": 1,
    }
    return CaseFacts(**({**given, "is_involved": False} | facts))


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (VISITOR, SignInFirst),
        (MEMBER, NotModerator),
        (ELSEWHERE, NotModerator),
        (MODERATOR, None),
        (ADMINISTRATOR, None),
    ],
)
def test_moderators_of_the_sector_and_administrators_decide(
    actor: Actor, refusal: type[Refusal] | None
) -> None:
    if refusal is None:
        ensure_can_decide(actor, a_case())
        with pytest.raises(Involved):
            ensure_can_decide(actor, a_case(is_involved=True))
    else:
        with pytest.raises(refusal):
            ensure_can_decide(actor, a_case())


@pytest.mark.parametrize(
    ("actor", "is_own", "state", "refusal"),
    [
        (VISITOR, False, "published", SignInFirst),
        (Actor(id=MemberId(1)), False, "published", NotVerified),
        (MEMBER, True, "published", OwnPost),
        (MEMBER, False, "hidden", PostHidden),
        (MEMBER, False, "withdrawn", PostWithdrawn),
        (MEMBER, False, "published", None),
        (SILENCED, False, "published", None),
    ],
)
def test_members_flag_what_others_published(
    actor: Actor, is_own: bool, state: str, refusal: type[Refusal] | None
) -> None:
    post = FlaggedFacts(sector_id=HERE, is_own=is_own, state=state)
    if refusal is None:
        ensure_can_flag(actor, "post", post)
    else:
        with pytest.raises(refusal):
            ensure_can_flag(actor, "post", post)


def test_who_has_no_sector_has_no_queue() -> None:
    for actor, refusal in ((VISITOR, SignInFirst), (MEMBER, Denied)):
        with pytest.raises(refusal):
            ensure_can_read_queue(actor)
    for actor in (MODERATOR, ADMINISTRATOR):
        ensure_can_read_queue(actor)


def test_a_restriction_needs_rule_and_facts() -> None:
    for reason in (None, Reason(rule=" ", facts="x"), Reason(rule="x", facts="\n ")):
        with pytest.raises(ReasonMissing):
            ensure_has_reason("hide", reason)
        ensure_has_reason("no_action", reason)
    ensure_has_reason("hide", Reason(rule="2", facts="x"))


def test_other_is_no_reason_by_itself() -> None:
    with pytest.raises(NoteMissing):
        ensure_flag_is_clear("other", "")
    ensure_flag_is_clear("other", "Look")
    ensure_flag_is_clear("spam", "")


class ModeratedTopic(Struct):
    """A post that breaks the rules, its author, its readers, and the moderators who decide."""

    app: Service
    author: Person
    member: Person
    reporter: Person
    moderator: Person
    second: Person
    elsewhere: Person
    administrator: Person
    topic: int
    post: int
    sector: int

    async def flag(
        self, by: Person | None = None, reason: str = "abusive", note: str = ""
    ) -> httpx2.Response:
        return await (by or self.reporter).post(f"/posts/{self.post}/flags", {"reason": reason, "note": note})

    async def case(self) -> dict[str, Any]:
        """Return the open case, or else the latest decided one."""
        for state in ("open", "decided"):
            items: list[dict[str, Any]] = (await self.moderator.get(f"/cases?state={state}")).json()["items"]
            if items:
                return items[0]
        raise AssertionError("no case")

    async def flagged(self) -> dict[str, Any]:
        assert (await self.flag()).status_code == 201
        return await self.case()

    async def hidden(self) -> dict[str, Any]:
        """Return the decision that hid the post."""
        response = await decide(self.moderator, await self.flagged())
        assert response.status_code == 201, response.text
        decision: dict[str, Any] = response.json()
        return decision


async def decide(
    who: Person, case: dict[str, Any], action: str = "hide", reason: Any = WHY, **more: Any
) -> httpx2.Response:
    version = more.pop("version", case["version"])
    return await who.post(
        f"/cases/{case['id']}/decisions", {"version": version, "action": action, "reason": reason}, **more
    )


def outcome(response: httpx2.Response) -> tuple[int, str]:
    body = response.json() if response.content else {}
    return response.status_code, body.get("code", "")


@pytest_asyncio.fixture
async def moderated(app: Service) -> AsyncIterator[ModeratedTopic]:
    """Provide a post that another member objects to."""
    author, member, reporter = [await a_person(app, name) for name in ("Author", "Member", "Reporter")]
    topic = await a_topic(author)
    post = await a_reply(author, topic["id"], f"You are a {CANARY}")
    await a_reply(member, topic["id"], "Please calm down.", parent=post["id"])
    yield ModeratedTopic(
        app=app,
        author=author,
        member=member,
        reporter=reporter,
        moderator=await a_person(app, "Fatou", duties=[("moderator", "mobility")]),
        second=await a_person(app, "Second", duties=[("moderator", "mobility")]),
        elsewhere=await a_person(app, "Elsewhere", duties=[("moderator", "electronics")]),
        administrator=await a_person(app, "Chief", duties=[("administrator", None)]),
        topic=topic["id"],
        post=post["id"],
        sector=await raw_sql(app.db).fetchval("SELECT id FROM sectors WHERE slug = 'mobility'"),
    )


async def test_flags_open_one_case_and_join_it(moderated: ModeratedTopic) -> None:
    first = await moderated.flag(note="Again  ")
    assert first.status_code == 201
    assert first.json()["object"] == {"kind": "post", "id": moderated.post}
    opened = await moderated.case()
    assert (opened["state"], opened["version"]) == ("open", 1)
    assert opened["reasons"] == [{"reason": "abusive", "count": 1}]
    assert CANARY in opened["post"]["html"]

    again = await moderated.flag(reason="spam", note="Something else")
    assert again.json() == first.json(), "a member flags a post once"
    assert (await moderated.case())["version"] == 1

    assert (await moderated.flag(moderated.member)).status_code == 201
    assert (await moderated.case())["version"] == 1, "more of the same does not make decisions stale"
    assert (await moderated.flag(moderated.second, "illegal")).status_code == 201
    joined = await moderated.case()
    assert (joined["id"], joined["version"]) == (opened["id"], 2)
    assert joined["reasons"] == [{"reason": "abusive", "count": 2}, {"reason": "illegal", "count": 1}]
    shown = (await moderated.moderator.get(f"/cases/{opened['id']}")).json()
    assert shown["notes"] == ["Again"]
    assert "Reporter" not in (await moderated.moderator.get(f"/cases/{opened['id']}")).text


async def test_twenty_flags_at_once_open_one_case(moderated: ModeratedTopic) -> None:
    people = [await a_person(moderated.app, f"f{n}") for n in range(20)]
    answers = await asyncio.gather(*(answered(partial(moderated.flag, person)) for person in people))
    assert {answer.status_code for answer in answers} == {201}
    items = (await moderated.moderator.get("/cases")).json()["items"]
    assert [item["reasons"] for item in items] == [[{"reason": "abusive", "count": 20}]]


async def test_who_may_flag_what(moderated: ModeratedTopic) -> None:
    visitor = moderated.app.client()
    flag = {"reason": "spam"}
    assert outcome(await visitor.post(f"/api/v1/posts/{moderated.post}/flags", json=flag)) == (
        401,
        "sign_in_first",
    )
    assert outcome(await moderated.flag(await a_person(moderated.app, verified=False))) == (
        403,
        "not_verified",
    )
    assert outcome(await moderated.flag(moderated.author)) == (403, "own_post")
    assert outcome(await moderated.flag(reason="ugly")) == (422, "invalid")
    assert outcome(await moderated.flag(reason="other", note=" ")) == (422, "note_missing")
    assert outcome(await moderated.reporter.post("/posts/999999999/flags", flag)) == (404, "not_found")
    assert outcome(await moderated.reporter.post(f"/posts/{moderated.post}/flags", {**flag, "by": 1})) == (
        422,
        "invalid",
    )
    await moderated.author.delete(f"/posts/{moderated.post}")
    assert outcome(await moderated.flag()) == (409, "post_withdrawn")
    await moderated.author.delete(f"/posts/{moderated.post}/withdrawal")
    await moderated.hidden()
    assert outcome(await moderated.flag(moderated.member)) == (403, "post_hidden")


async def test_cases_are_for_the_moderators_of_their_sector(moderated: ModeratedTopic) -> None:
    case = await moderated.flagged()
    paths = ("/cases", f"/cases/{case['id']}")
    visitor = moderated.app.client()
    for path in paths:
        assert outcome(await visitor.get(f"/api/v1{path}")) == (401, "sign_in_first")
    for person in (moderated.member, moderated.author, moderated.reporter):
        assert outcome(await person.get("/cases")) == (403, "not_moderator")
        assert outcome(await person.get(paths[1])) == (404, "not_found")
    assert (await moderated.elsewhere.get("/cases")).json()["items"] == []
    here, nowhere = [await moderated.elsewhere.get(f"/cases/{n}") for n in (case["id"], 999999999)]
    assert here.status_code == 404
    assert here.content == nowhere.content
    for person in (moderated.moderator, moderated.administrator):
        page = (await person.get("/cases")).json()
        assert [item["id"] for item in page["items"]] == [case["id"]]
        assert page["items"][0]["involved"] is False
        assert f"queue:{moderated.sector}" in [stream["channel"] for stream in page["streams"]]
    assert (await moderated.moderator.get("/cases?state=decided")).json()["items"] == []


async def test_who_may_decide(moderated: ModeratedTopic) -> None:
    case = await moderated.flagged()
    path = f"/api/v1/cases/{case['id']}/decisions"
    body = {"version": case["version"], "action": "hide", "reason": WHY}
    assert outcome(await moderated.app.client().post(path, json=body)) == (401, "sign_in_first")
    for person in (
        moderated.member,
        moderated.author,
        moderated.reporter,
        moderated.elsewhere,
    ):
        assert outcome(await decide(person, case)) == (404, "not_found")
    assert outcome(await decide(moderated.moderator, case, "burn")) == (422, "invalid")
    assert outcome(await decide(moderated.moderator, case, reason=None)) == (422, "reason_missing")
    blank = {"rule": "x", "facts": "  "}
    assert outcome(await decide(moderated.moderator, case, reason=blank)) == (422, "nothing_visible")
    assert outcome(await decide(moderated.moderator, {**case, "id": 999999999})) == (404, "not_found")
    assert (await decide(moderated.administrator, case)).status_code == 201


async def test_nobody_decides_about_what_they_wrote_or_flagged(moderated: ModeratedTopic) -> None:
    own = await a_reply(moderated.moderator, moderated.topic, "Mine")
    await moderated.reporter.post(f"/posts/{own['id']}/flags", {"reason": "other", "note": "Look at this"})
    await moderated.flag(moderated.second)
    cases = {case["object"]["id"]: case for case in (await moderated.moderator.get("/cases")).json()["items"]}
    mine, theirs = cases[own["id"]], cases[moderated.post]
    assert (mine["involved"], theirs["involved"]) == (True, False)
    assert "notes" not in (await moderated.moderator.get(f"/cases/{mine['id']}")).json()
    assert outcome(await decide(moderated.moderator, mine)) == (403, "involved")
    assert outcome(await decide(moderated.second, theirs)) == (403, "involved")
    decision = (await decide(moderated.second, mine)).json()
    undo = {"facts": "I like it"}
    assert outcome(await moderated.moderator.put(f"/decisions/{decision['id']}/reversal", undo)) == (
        403,
        "involved",
    )


async def test_a_stale_decision_is_told_what_happened(moderated: ModeratedTopic) -> None:
    case = await moderated.flagged()
    await moderated.flag(moderated.member, "illegal")
    stale = await decide(moderated.moderator, case)
    assert outcome(stale) == (409, "case_moved_on")
    assert stale.json()["current"]["version"] == case["version"] + 1
    assert (await moderated.author.get(f"/posts/{moderated.post}")).json()["state"] == "published"

    current = stale.json()["current"]
    made = await decide(moderated.moderator, current)
    assert made.status_code == 201
    again = await decide(moderated.moderator, current)
    assert (again.status_code, again.json()) == (201, made.json()), "the same decision again"
    for other in (
        await decide(moderated.second, current, "no_action", None),
        await decide(moderated.second, current),
        await decide(moderated.moderator, current, reason={"rule": "3", "facts": "Another"}),
    ):
        assert outcome(other) == (409, "case_moved_on")
        assert other.json()["current"]["decisions"] == [made.json()]
        assert other.json()["current"]["state"] == "decided"


async def test_twenty_decisions_at_once_make_one(moderated: ModeratedTopic) -> None:
    case = await moderated.flagged()
    people = [await a_person(moderated.app, f"m{n}", duties=[("moderator", "mobility")]) for n in range(20)]
    answers = await asyncio.gather(
        *(
            answered(partial(decide, person, case, *(("hide", WHY) if n % 2 else ("no_action", None))))
            for n, person in enumerate(people)
        )
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
    winner = next(answer.json() for answer in answers if answer.status_code == 201)
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["current"]["decisions"] == [winner]
    with a_moment_later():
        assert [entry["id"] for entry in (await moderated.member.get("/ledger")).json()["items"]] == [
            winner["id"]
        ]
    state = "hidden" if winner["action"] == "hide" else "published"
    assert (await moderated.member.get(f"/posts/{moderated.post}")).json()["state"] == state


async def test_one_moderator_deciding_twenty_times_decides_once(moderated: ModeratedTopic) -> None:
    case = await moderated.flagged()
    answers = await asyncio.gather(*(answered(lambda: decide(moderated.moderator, case)) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    with a_moment_later():
        assert len((await moderated.member.get("/ledger")).json()["items"]) == 1


async def test_no_action_leaves_everything_and_a_new_flag_opens_a_new_case(
    moderated: ModeratedTopic,
) -> None:
    case = await moderated.flagged()
    assert (await decide(moderated.moderator, case, "no_action", None)).status_code == 201
    assert (await moderated.member.get(f"/posts/{moderated.post}")).json()["state"] == "published"
    assert (await moderated.moderator.get("/cases")).json()["items"] == []
    assert (await moderated.flag(moderated.member)).status_code == 201
    assert (await moderated.case())["id"] != case["id"]


async def test_what_was_withdrawn_meanwhile_cannot_be_hidden(moderated: ModeratedTopic) -> None:
    case = await moderated.flagged()
    await moderated.author.delete(f"/posts/{moderated.post}")
    assert outcome(await decide(moderated.moderator, case)) == (409, "nothing_to_hide")
    assert (await decide(moderated.moderator, case, "no_action", None)).status_code == 201


async def test_an_edit_makes_the_case_a_new_version(moderated: ModeratedTopic) -> None:
    case = await moderated.flagged()
    await moderated.author.patch(f"/posts/{moderated.post}", {"body": "I am sorry."})
    async with moderated.app.db.begin() as tx:
        await on_post_changed(tx, PostEdited(topic_id=moderated.topic, post_id=moderated.post))
    assert outcome(await decide(moderated.moderator, case)) == (409, "case_moved_on")


async def surfaces(client: httpx2.AsyncClient, moderated: ModeratedTopic) -> dict[str, str]:
    """Return everything that could show the post, as text."""
    topic, post = moderated.topic, moderated.post
    paths = [
        f"/api/v1/posts/{post}",
        f"/api/v1/posts/{post}/revisions",
        f"/api/v1/topics/{topic}",
        *(f"/api/v1/topics/{topic}/posts?{query}" for query in ("order=tree", "order=time", "branch=2")),
        "/api/v1/sectors",
        "/api/v1/sectors/mobility/topics",
        "/api/v1/ledger",
        "/api/v1/cases",
        "/",
        "/s/mobility",
        f"/t/{topic}/cobalt-tracing",
        f"/t/{topic}/cobalt-tracing?order=time",
        f"/t/{topic}/cobalt-tracing/2",
        *(f"/p/{post}/{what}" for what in ("reply", "edit", "withdraw", "history", "flag")),
        "/queue",
        "/ledger",
    ]
    shown = {}
    for path in paths:
        accept = {"Accept": "text/html"} if not path.startswith("/api") else {}
        response = await client.get(path, headers=accept, follow_redirects=True)
        assert response.status_code < 500, (path, response.text)
        shown[path] = response.text
    return shown


def showing(shown: dict[str, str]) -> set[str]:
    return {path for path, text in shown.items() if CANARY in text}


async def replayed(moderated: ModeratedTopic, who: Person | None) -> str:
    async with moderated.app.listening(
        f"topic:{moderated.topic}", who.token if who else None, after=0
    ) as feed:
        return str(feed.joined["missed"])


async def test_a_hidden_text_is_nowhere_and_comes_back_whole(moderated: ModeratedTopic) -> None:
    await moderated.member.put(f"/posts/{moderated.post}/reactions/curious")
    await moderated.author.patch(f"/posts/{moderated.post}", {"body": f"You are such a {CANARY}, really"})
    viewers = {
        "visitor": None,
        "member": moderated.member,
        "author": moderated.author,
        "elsewhere": moderated.elsewhere,
    }
    clients = {name: who.client if who else moderated.app.client() for name, who in viewers.items()}
    topic = f"/api/v1/topics/{moderated.topic}/posts"
    before = {name: (await client.get(topic)).json()["items"] for name, client in clients.items()}
    counted = (await moderated.member.get(f"/topics/{moderated.topic}")).json()["posts"]
    told = {name: showing(await surfaces(clients[name], moderated)) for name in ("visitor", "author")}
    assert len(told["visitor"]) >= 6
    assert len(told["author"]) >= 9
    for who in viewers.values():
        assert CANARY in await replayed(moderated, who), "somebody could be told"

    async with (
        moderated.app.listening(f"topic:{moderated.topic}", moderated.member.token) as heard,
        moderated.app.listening(f"topic:{moderated.topic}", moderated.moderator.token) as overheard,
    ):
        decision = await moderated.hidden()
        event = (await heard.next())["event"]
        assert (event["type"], event["post"]["state"], event["post"]["html"]) == (
            "post_hidden",
            "hidden",
            None,
        )
        assert CANARY in (await overheard.next())["event"]["post"]["html"]

    for name, who in viewers.items():
        assert showing(await surfaces(clients[name], moderated)) == set(), name
        assert CANARY not in await replayed(moderated, who), name
    shown = (await moderated.author.get(f"/posts/{moderated.post}")).json()
    assert (shown["state"], shown["html"], shown["reactions"], shown["replies"]) == ("hidden", None, {}, 1)
    assert "body" not in shown
    assert (await moderated.member.get(f"/topics/{moderated.topic}")).json()["posts"] == counted - 1
    for verb in (
        await moderated.author.patch(f"/posts/{moderated.post}", {"body": "New"}),
        await moderated.author.delete(f"/posts/{moderated.post}"),
        await moderated.author.delete(f"/posts/{moderated.post}/withdrawal"),
    ):
        assert outcome(verb) == (403, "post_hidden")
    assert outcome(await moderated.member.put(f"/posts/{moderated.post}/reactions/kind"))[0] == 409
    for person in (moderated.moderator, moderated.administrator):
        assert len(showing(await surfaces(person.client, moderated))) >= 7
        assert CANARY in await replayed(moderated, person)

    undone = await moderated.moderator.put(
        f"/decisions/{decision['id']}/reversal", {"facts": "It was a quotation."}
    )
    assert undone.status_code == 200, undone.text
    assert undone.json()["reversal"]["facts"] == "It was a quotation."
    for name, client in clients.items():
        after = (await client.get(topic)).json()["items"]
        for post in [*before[name], *after]:
            post.pop("version")
        assert after == before[name], name
        if name in told:
            assert showing(await surfaces(client, moderated)) == told[name], name
    assert (await moderated.member.get(f"/topics/{moderated.topic}")).json()["posts"] == counted


async def test_old_snapshot_and_events_of_hiding_make_the_fresh_one(moderated: ModeratedTopic) -> None:
    viewers = {"visitor": None, "author": moderated.author, "moderator": moderated.moderator}
    old = {name: await snapshot(viewer, moderated.app, moderated.topic) for name, viewer in viewers.items()}

    async def ensure_follows() -> None:
        for name, viewer in viewers.items():
            token = viewer.token if viewer else None
            fresh = await snapshot(viewer, moderated.app, moderated.topic)
            async with moderated.app.listening(
                f"topic:{moderated.topic}", token, after=old[name]["seq"]
            ) as feed:
                applied = apply(old[name], feed.joined["missed"])
                while applied["seq"] < fresh["seq"]:
                    applied = apply(applied, [await feed.next()])
            assert applied == fresh, name
            assert applied != old[name]

    decision = await moderated.hidden()
    await ensure_follows()
    await moderated.moderator.put(f"/decisions/{decision['id']}/reversal", {"facts": "No."})
    await ensure_follows()


async def test_it_all_works_with_plain_forms(moderated: ModeratedTopic) -> None:
    html = {"Accept": "text/html"}

    async def send(who: Person, path: str, **typed: Any) -> httpx2.Response:
        return await who.client.post(path, data=typed, headers=html)

    flag = f"/p/{moderated.post}/flag"
    assert CANARY in (await moderated.reporter.client.get(flag, headers=html)).text
    nothing = await send(moderated.reporter, flag, reason="other", note="", key="a")
    assert (nothing.status_code, "Describe the problem in a few words" in nothing.text) == (422, True)
    assert (await send(moderated.reporter, flag, reason="spam", note="Look", key="b")).status_code == 303
    assert "Thank you" in (await moderated.reporter.client.get(f"{flag}?sent=true", headers=html)).text

    for who, status in ((moderated.reporter, 403), (moderated.elsewhere, 200)):
        shown = await who.client.get("/queue", headers=html)
        assert (shown.status_code, CANARY in shown.text) == (status, False)
    case = await moderated.case()
    path = f"/queue/{case['id']}"
    assert (
        await send(moderated.elsewhere, path, act="hide", version="1", rule="2", facts="x")
    ).status_code == 404
    assert (
        await send(moderated.reporter, path, act="hide", version="1", rule="2", facts="x")
    ).status_code == 403
    page = (await moderated.moderator.client.get("/queue", headers=html)).text
    assert CANARY in page
    assert "Look" in page
    missing = await send(moderated.moderator, path, act="hide", version="1", rule="Rule 2", facts="", key="c")
    assert (missing.status_code, 'value="Rule 2"' in missing.text) == (422, True)
    assert (await send(moderated.moderator, path, act="burn", version="1", key="d")).status_code == 422
    done = await send(
        moderated.moderator, path, act="hide", version="1", rule="Rule 2", facts="Loud", key="e"
    )
    assert (done.status_code, done.headers["location"]) == (303, f"/queue?last={case['id']}")
    assert (
        await send(moderated.moderator, path, act="hide", version="1", rule="Rule 2", facts="Loud", key="e")
    ).status_code == 303
    stale = await send(moderated.second, path, act="no_action", version="1", key="f")
    assert (stale.status_code, "This case has changed since you opened it" in stale.text) == (409, True)
    assert (
        CANARY
        not in (
            await moderated.author.client.get(f"/t/{moderated.topic}/x", headers=html, follow_redirects=True)
        ).text
    )

    decision = (await moderated.case())["decisions"][0]["id"]
    undone = await send(
        moderated.second, path, act="reverse", decision=str(decision), why="It was a quotation"
    )
    assert undone.status_code == 303
    assert CANARY in (await moderated.member.get(f"/posts/{moderated.post}")).text
    for state in ("open", "decided"):
        assert (
            await moderated.moderator.client.get(f"/queue?state={state}", headers=html)
        ).status_code == 200


async def test_who_may_reverse(moderated: ModeratedTopic) -> None:
    decision = await moderated.hidden()
    path, why = f"/decisions/{decision['id']}/reversal", {"facts": "It was a quotation."}
    assert outcome(await moderated.app.client().put(f"/api/v1{path}", json=why)) == (
        401,
        "sign_in_first",
    )
    for person in (
        moderated.member,
        moderated.author,
        moderated.reporter,
        moderated.elsewhere,
    ):
        assert outcome(await person.put(path, why)) == (403, "not_moderator")
    assert outcome(await moderated.moderator.put("/decisions/999999999/reversal", why)) == (
        404,
        "not_found",
    )
    assert outcome(await moderated.moderator.put(path, {"facts": " "})) == (422, "nothing_visible")
    answers = await asyncio.gather(*(moderated.second.put(path, why) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert outcome(await moderated.moderator.put(path, {"facts": "Another"})) == (
        409,
        "nothing_to_reverse",
    )
    assert outcome(await decide(moderated.moderator, await moderated.case())) == (
        409,
        "case_moved_on",
    )

    await moderated.flag(moderated.member)
    nothing = (await decide(moderated.moderator, await moderated.case(), "no_action", None)).json()
    undo = await moderated.moderator.put(f"/decisions/{nothing['id']}/reversal", why)
    assert outcome(undo) == (409, "nothing_to_reverse")


async def test_the_ledger_shows_every_decision_and_names_nobody(moderated: ModeratedTopic) -> None:
    decision = await moderated.hidden()
    await moderated.second.put(f"/decisions/{decision['id']}/reversal", {"facts": "It was a quotation."})
    await moderated.flag(moderated.member, note="nonsense42")
    await decide(moderated.second, await moderated.case(), "no_action", None)
    visitor = moderated.app.client()
    assert (await visitor.get("/api/v1/ledger")).json()["items"] == [], "it can still be undone"
    with a_moment_later():
        answer = await visitor.get("/api/v1/ledger")
    latest, first = answer.json()["items"]
    assert (latest["action"], latest["reason"]) == ("no_action", None)
    assert (first["action"], first["reason"], first["sector"]) == ("hide", WHY, "mobility")
    assert first["object"] == {"kind": "post", "id": moderated.post}
    assert set(first["reversal"]) == {"facts", "at", "moderator"}
    with a_moment_later():
        page = (await visitor.get("/ledger", headers={"Accept": "text/html"})).text
    assert WHY["facts"] in page
    assert "It was a quotation." in page
    for secret in ("Fatou", "Second", "Reporter", "Member", "nonsense42", CANARY):
        assert secret not in answer.text
        assert secret not in page
    assert "by" not in {name for entry in answer.json()["items"] for name in entry}


async def test_lists_go_on_where_they_ended(
    moderated: ModeratedTopic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.queue.queue.PAGE", 2)
    monkeypatch.setattr("moderation.ledger.ledger.PAGE", 2)
    for n in range(5):
        post = await a_reply(moderated.author, moderated.topic, f"{n}")
        await moderated.reporter.post(f"/posts/{post['id']}/flags", {"reason": "spam"})

    async def all_of(path: str) -> list[int]:
        found, cursor, mark = [], "", "&" if "?" in path else "?"
        while cursor is not None:
            page = (await moderated.moderator.get(path + (f"{mark}after={cursor}" if cursor else ""))).json()
            found += [item["id"] for item in page["items"]]
            cursor = page["next"]
        return found

    waiting = await all_of("/cases")
    assert len(waiting) == 5
    assert waiting == sorted(waiting)
    for case in waiting:
        await decide(moderated.moderator, {"id": case, "version": 1})
    assert await all_of("/cases") == []
    assert await all_of("/cases?state=decided") == waiting[::-1]
    with a_moment_later():
        ledger = await all_of("/ledger")
    assert (len(ledger), ledger) == (5, sorted(ledger, reverse=True))
    assert outcome(await moderated.moderator.get("/cases?after=nonsense")) == (400, "bad_cursor")


async def test_the_queue_is_live_for_its_moderators_and_nobody_else(moderated: ModeratedTopic) -> None:
    channel = f"queue:{moderated.sector}"
    for person in (None, moderated.member, moderated.author, moderated.elsewhere):
        async with moderated.app.listening(channel, person.token if person else None) as feed:
            assert (feed.joined["type"], feed.joined["code"]) == ("refused", "not_found")
    async with moderated.app.listening("queue:999999", moderated.administrator.token) as feed:
        assert (feed.joined["type"], feed.joined["code"]) == ("refused", "not_found")

    seq = (await moderated.moderator.get("/cases")).json()["streams"][0]["seq"]
    async with moderated.app.listening(channel, moderated.moderator.token, after=seq) as feed:
        case = await moderated.flagged()
        opened = (await feed.next())["event"]
        assert opened["type"] == "case_opened"
        assert opened["case"] == {name: case[name] for name in case if name != "involved"}
        decision = (await decide(moderated.second, case)).json()
        moved = (await feed.next())["event"]
        assert (moved["type"], moved["case"]["state"]) == ("case_moved", "decided")
        assert moved["case"]["decisions"] == [decision]
        await moderated.second.put(f"/decisions/{decision['id']}/reversal", {"facts": "No."})
        assert (await feed.next())["event"]["case"]["decisions"][0]["reversal"]["facts"] == "No."


async def test_who_loses_the_duty_leaves_the_queue(moderated: ModeratedTopic) -> None:
    async with moderated.app.listening(f"queue:{moderated.sector}", moderated.moderator.token) as feed:
        assert feed.joined["type"] == "joined"
        taken = await moderated.administrator.delete(
            f"/members/{moderated.moderator.handle}/duties/moderator/mobility"
        )
        assert taken.status_code == 204
        left = await feed.next("left")
        assert left["code"] == "no_access"


async def test_the_database_takes_no_restriction_without_reasons(moderated: ModeratedTopic) -> None:
    case = await moderated.flagged()
    for rule, facts in ((None, "x"), ("x", None), ("x", " ")):
        bare = statement("""
            INSERT INTO decisions (case_id, action, rule, facts, decided_at)
            VALUES (:case, 'hide', :rule, :facts, now())
        """)
        with pytest.raises(asyncpg.CheckViolationError):
            async with moderated.app.db.begin() as tx:
                await tx.run(bare, case=case["id"], rule=rule, facts=facts)


@pytest.mark.parametrize("anonymous", [False, True])
async def test_a_question_that_is_hidden_is_gone_from_its_room(app: Service, anonymous: bool) -> None:
    open_room: OpenRoom = await make_open_room(app)
    asker, voter = await open_room.member(), await open_room.member()
    moderator = await a_member(app, moderates=open_room.sector_id)
    asked = await open_room.ask(asker, f"Why {CANARY}?", anonymous=anonymous)
    assert (await open_room.vote(voter, asked)).status_code == 200
    rooms = (f"/rooms/{open_room.room}", f"/rooms/{open_room.room}/questions")
    before = {path: (await voter.get(path)).text for path in rooms}
    assert all(CANARY in text for text in before.values())
    counts = (await voter.get(rooms[0])).json()["counts"]

    assert outcome(await asker.post(f"/posts/{asked['post']}/flags", {"reason": "spam"})) == (403, "own_post")
    assert (await voter.post(f"/posts/{asked['post']}/flags", {"reason": "spam"})).status_code == 201
    case = (await moderator.get("/cases")).json()["items"][0]
    assert case["post"]["author"] is None or not anonymous
    body = {"version": case["version"], "action": "hide", "reason": WHY}
    async with app.listening(f"room:{open_room.room}", voter.token) as feed:
        decision = (await moderator.post(f"/cases/{case['id']}/decisions", body)).json()
        event = (await feed.next())["event"]
        assert event["type"] == "question_changed"
        assert CANARY not in str(event)
    for person in (open_room.visitor, voter, asker, open_room.host):
        for path in rooms:
            assert CANARY not in (await person.get(path)).text
        client = person.client
        page = await client.get(
            f"/r/{open_room.room}",
            headers={"Accept": "text/html"}
            | ({"Authorization": f"Bearer {person.token}"} if person.token else {}),
        )
        assert page.status_code == 200
        assert CANARY not in page.text
    async with app.listening(f"room:{open_room.room}", after=0) as feed:
        assert CANARY not in str(feed.joined["missed"])
    assert outcome(await open_room.vote(voter, asked, 0))[0] in (404, 409)

    undo = await moderator.put(f"/decisions/{decision['id']}/reversal", {"facts": "No."})
    assert undo.status_code == 200
    question = (await voter.get(rooms[1])).json()["items"][0]
    assert (question["votes"], question["my_vote"], CANARY in question["body"]) == (1, 1, True)
    assert (await voter.get(rooms[0])).json()["counts"] == counts


async def test_an_anonymous_asker_on_duty_does_not_decide_about_the_own_question(app: Service) -> None:
    open_room = await make_open_room(app)
    asker = await a_member(app, moderates=open_room.sector_id)
    asked = await open_room.ask(asker, "Why?", anonymous=True)
    await open_room.host.post(f"/posts/{asked['post']}/flags", {"reason": "spam"})
    case = (await asker.get("/cases")).json()["items"][0]
    assert case["involved"] is True
    body = {"version": 1, "action": "no_action"}
    assert outcome(await asker.post(f"/cases/{case['id']}/decisions", body)) == (403, "involved")


async def test_flagging_deciding_writing_and_withdrawing_at_once_never_block_each_other(
    moderated: ModeratedTopic,
) -> None:
    people = [await a_person(moderated.app, f"p{n}") for n in range(6)]
    posts = [await a_reply(moderated.author, moderated.topic, f"{n}") for n in range(6)]

    async def hide_and_show(post: int, who: Person) -> None:
        for case in (await who.get("/cases")).json()["items"]:
            if case["object"]["id"] == post:
                made = await decide(who, case)
                told.append(made.status_code)
                if made.status_code == 201:
                    undo = await who.put(f"/decisions/{made.json()['id']}/reversal", {"facts": "No."})
                    told.append(undo.status_code)

    async def write(post: int, n: int) -> None:
        for answer in (
            await people[n % 6].post(f"/posts/{post}/flags", {"reason": "spam"}),
            await people[n % 6].put(f"/posts/{post}/reactions/kind"),
            await people[n % 6].post(f"/topics/{moderated.topic}/posts", {"body": "x", "parent": post}),
            await moderated.author.patch(f"/posts/{post}", {"body": f"edited {n}"}),
            await moderated.author.delete(f"/posts/{post}"),
            await moderated.author.delete(f"/posts/{post}/withdrawal"),
        ):
            told.append(answer.status_code)

    told: list[int] = []
    for round_number in range(2):
        await asyncio.gather(
            *(write(post["id"], n + round_number) for n, post in enumerate(posts)),
            *(write(post["id"], n + 3) for n, post in enumerate(posts)),
            *(
                hide_and_show(post["id"], who)
                for post in posts
                for who in (moderated.moderator, moderated.second)
            ),
        )
    assert set(told) <= {200, 201, 403, 409}, Counter(told)
    assert 201 in told
    shown = (await moderated.member.get(f"/topics/{moderated.topic}/posts?order=time")).json()["items"]
    topic = (await moderated.member.get(f"/topics/{moderated.topic}")).json()
    assert topic["last_number"] == len(shown)
    assert topic["posts"] == sum(post["state"] == "published" for post in shown)


async def test_the_api_describes_it(app: Service) -> None:
    described = (await app.client().get("/api/openapi.json")).json()["paths"]
    assert "post" in described["/api/v1/posts/{post_id}/flags"]
    assert "put" in described["/api/v1/decisions/{decision_id}/reversal"]
    assert {"/api/v1/cases", "/api/v1/cases/{case_id}", "/api/v1/ledger"} < set(described)


async def test_cases_go_with_their_topic_to_who_moderates_where_it_lies_now(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    root = await a_person(app, "Root", duties=[("administrator", None)])
    before = await a_person(app, "Mo", duties=[("moderator", "mobility")])
    after = await a_person(app, "El", duties=[("moderator", "electronics")])
    topic = await a_topic(amina)
    post = await a_reply(amina, topic["id"], "Buy cobalt here.")
    assert (await jonas.post(f"/posts/{post['id']}/flags", {"reason": "spam"})).status_code == 201
    (case,) = (await before.get("/cases")).json()["items"]
    assert (await after.get("/cases")).json()["items"] == []

    assert (await root.put(f"/topics/{topic['id']}/sector", {"sector": "electronics"})).status_code < 300
    await app.run_jobs()

    assert (await before.get("/cases")).json()["items"] == []
    assert (await before.get(f"/cases/{case['id']}")).status_code == 404
    (moved,) = (await after.get("/cases")).json()["items"]
    hide = {"version": moved["version"], "action": "hide", "reason": {"rule": "Spam", "facts": "It sells."}}
    assert (await after.post(f"/cases/{case['id']}/decisions", hide)).status_code == 201

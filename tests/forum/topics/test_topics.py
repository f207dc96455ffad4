"""Tests of topics and posts through HTTP: who may do what, and the responses."""

import asyncio
from datetime import timedelta

import httpx2
import pytest

from core import clock
from forum.posts.post_pages import PAGE_LENGTH
from tests.support.moderation.hidden_posts import give_topics_reason
from tests.support.people import a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def test_a_topic_is_started_listed_and_read(app: Service, client: httpx2.AsyncClient) -> None:
    amina = await a_person(app)
    topic = await a_topic(amina, title="  Which scheme survives?  ", tags=["audit", "cobalt", "audit"])
    assert topic["title"] == "Which scheme survives?"
    assert topic["tags"] == ["audit", "cobalt"]
    assert topic["state"] == "open"
    assert topic["posts"] == 1
    assert topic["sector"] == "mobility"
    assert topic["stream"]["channel"] == f"topic:{topic['id']}"

    for order in ("active", "new", "discussed"):
        page = (await client.get("/api/v1/sectors/mobility/topics", params={"order": order})).json()
        assert [item["id"] for item in page["items"]] == [topic["id"]]
    page = (await client.get("/api/v1/sectors/mobility/topics?tag=audit")).json()
    assert len(page["items"]) == 1
    assert (await client.get("/api/v1/sectors/mobility/topics?tag=nothing")).json()["items"] == []

    posts = (await client.get(f"/api/v1/topics/{topic['id']}/posts")).json()
    assert [(post["number"], post["depth"], post["html"]) for post in posts["items"]] == [
        (1, 0, "<p>Which scheme?</p>\n")
    ]
    assert "mine" not in posts["items"][0]


async def test_replies_form_a_tree_and_are_numbered_as_they_come(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    first = await a_reply(jonas, topic)
    second = await a_reply(amina, topic, "also")
    under = await a_reply(amina, topic, "objects", parent=first["id"])
    deeper = await a_reply(jonas, topic, "answers", parent=under["id"])
    assert [post["number"] for post in (first, second, under, deeper)] == [2, 3, 4, 5]

    tree = (await client.get(f"/api/v1/topics/{topic}/posts")).json()["items"]
    assert [(post["number"], post["depth"]) for post in tree] == [(1, 0), (2, 0), (4, 1), (5, 2), (3, 0)]
    assert tree[1]["replies"] == 1
    time = (await client.get(f"/api/v1/topics/{topic}/posts?order=time")).json()["items"]
    assert [post["number"] for post in time] == [1, 2, 3, 4, 5]
    branch = (await client.get(f"/api/v1/topics/{topic}/posts?branch=2")).json()["items"]
    assert [post["number"] for post in branch] == [2, 4, 5]


async def test_pages_join_without_hole_or_twin_in_both_directions(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    parent = None
    for number in range(120):
        reply = await a_reply(amina, topic, f"{number}", parent=parent if number % 3 else None)
        parent = reply["id"]
    for order in ("tree", "time"):
        forward, cursor = [], None
        while True:
            page = (
                await client.get(
                    f"/api/v1/topics/{topic}/posts",
                    params={"order": order} | ({"after": cursor} if cursor else {}),
                )
            ).json()
            forward += [post["number"] for post in page["items"]]
            last, cursor = page, page["next"]
            if cursor is None:
                break
        assert sorted(forward) == list(range(1, 122))
        backward = [post["number"] for post in last["items"]]
        while last["previous"]:
            last = (
                await client.get(
                    f"/api/v1/topics/{topic}/posts", params={"order": order, "before": last["previous"]}
                )
            ).json()
            backward = [post["number"] for post in last["items"]] + backward
        assert backward == forward
        at = (await client.get(f"/api/v1/topics/{topic}/posts", params={"order": order, "number": 60})).json()
        assert at["items"][0]["number"] == 60
        assert at["previous"]


@pytest.mark.parametrize(
    "path",
    [
        "/sectors/mobility/topics?order=active",
        "/sectors/mobility/topics?order=new",
        "/search?q=cobalt&sort=newest",
        "/search?q=cobalt&sort=best",
        "/unread?",
    ],
)
async def test_pages_are_full_though_topics_between_are_hidden(
    app: Service, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """As many topics in a row are hidden as two pages hold, and later the one at which the first page ended.

    What disappears from the results of a search moves the next page by one, because their order is not that of a column.
    """
    for module in ("topics.listing", "search.search", "following.unread"):
        monkeypatch.setattr(f"forum.{module}.PAGE_SIZE", 3)
    amina, reader = await a_person(app), await a_person(app, "Reader")
    made = [(await a_topic(amina, f"Cobalt {number}"))["id"] for number in range(14)]
    for topic in made:
        await reader.put(f"/topics/{topic}/following", {"level": "watching"})
    await app.run_jobs()

    async def hide(*topics: int) -> None:
        await give_topics_reason(app.db, *topics)
        await raw_sql(app.db).execute("UPDATE topics SET hidden_at = now() WHERE id = ANY ($1)", topics)

    async def read(after: str) -> tuple[list[int], str | None]:
        page = (await reader.get(path + after)).json()
        found = [item.get("topic", item.get("id")) for item in page["items"]]
        return [one["id"] if isinstance(one, dict) else one for one in found], page["next"]

    await hide(*made[3:9])
    first, after = await read("")
    if not path.startswith("/search"):
        await hide(first[-1])
    second, after = await read(f"&after={after}")
    third, end = await read(f"&after={after}") if after else ([], None)

    assert [len(first), len(second), len(third), end] == [3, 3, 2, None]
    assert sorted(first + second + third) == [*made[:3], *made[9:]]


async def test_a_page_of_long_posts_ends_early_and_leads_on(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    # A paragraph of "x" is eight characters of HTML for three of Markdown.
    for _ in range(9):
        await a_reply(amina, topic, "x\n\n" * 6_666)
    address = f"/topics/{topic}/posts?order=time"
    first = (await amina.get(address)).json()
    sizes = [len(post["html"]) for post in first["items"]]
    assert 2 < len(sizes) < 10
    assert sum(sizes) <= PAGE_LENGTH < sum(sizes) + sizes[-1]
    rest = (await amina.get(f"{address}&after={first['next']}")).json()
    assert [post["number"] for post in first["items"] + rest["items"]] == list(range(1, 11))
    assert rest["next"] is None
    back = (await amina.get(f"{address}&before={rest['previous']}")).json()
    assert back["items"] == first["items"]
    last = (await amina.get(f"{address}&before={first['next']}")).json()
    assert last["items"] == first["items"][:-1]


async def test_sixty_four_writers_leave_neither_gap_nor_twin(app: Service) -> None:
    people = [await a_person(app, f"w{n}") for n in range(8)]
    topic = (await a_topic(people[0]))["id"]
    root = await a_reply(people[0], topic)

    async def write(number: int) -> None:
        person = people[number % 8]
        await a_reply(person, topic, f"{number}", parent=root["id"] if number % 2 else None)

    await asyncio.gather(*(write(number) for number in range(64)))
    page = (await people[0].get(f"/topics/{topic}/posts?order=time")).json()
    rest = (await people[0].get(f"/topics/{topic}/posts?order=time&after={page['next']}")).json()
    assert [post["number"] for post in page["items"] + rest["items"]] == list(range(1, 67))
    assert rest["stream"]["seq"] == 66


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [("visitor", 401, "sign_in_first"), ("unverified", 403, "not_verified"), ("silenced", 403, "silenced")],
)
async def test_who_may_not_write(app: Service, who: str, status: int, code: str) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    until = clock.now() + timedelta(hours=1)
    asking = {
        "visitor": app.client(),
        "unverified": (await a_person(app, verified=False)).client,
        "silenced": (await a_person(app, silenced_until=until)).client,
    }[who]
    post = (await a_reply(amina, topic))["id"]
    for method, path, body in [
        ("POST", f"/topics/{topic}/posts", {"body": "x"}),
        ("POST", "/sectors/mobility/topics", {"title": "A title", "body": "x"}),
        ("PUT", f"/posts/{post}/reactions/kind", None),
        ("PATCH", f"/posts/{post}", {"body": "y"}),
        ("DELETE", f"/posts/{post}", None),
        ("PATCH", f"/topics/{topic}", {"title": "Another"}),
    ]:
        response = await asking.request(method, f"/api/v1{path}", **({"json": body} if body else {}))
        assert (response.status_code, response.json()["code"]) == (status, code), (
            method,
            path,
            response.text,
        )


async def test_a_locked_topic_takes_replies_from_moderators_only(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    fatou = await a_person(app, "Fatou", duties=[("moderator", "mobility")])
    other = await a_person(app, "Other", duties=[("moderator", "electronics")])
    topic = (await a_topic(amina))["id"]
    for person in (amina, other):
        assert (await person.put(f"/topics/{topic}/lock")).status_code == 403
    assert (await fatou.put(f"/topics/{topic}/lock")).status_code == 204
    assert (await fatou.put(f"/topics/{topic}/lock")).status_code == 204

    refused = await jonas.post(f"/topics/{topic}/posts", {"body": "late"})
    assert (refused.status_code, refused.json()["code"]) == (403, "topic_locked")
    await a_reply(fatou, topic, "to close this")
    assert (await fatou.delete(f"/topics/{topic}/lock")).status_code == 204
    await a_reply(jonas, topic)


async def test_editing_keeps_history_and_refuses_what_is_stale(
    app: Service, client: httpx2.AsyncClient
) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic, "first"))["id"]
    with clock.stop_at(clock.now() + timedelta(hours=1)):
        edited = await amina.patch(f"/posts/{post}", {"body": "second"}, headers={"If-Match": '"1"'})
    assert edited.status_code == 200
    assert edited.json()["version"] == 2
    assert edited.json()["edited_at"]
    stale = await amina.patch(f"/posts/{post}", {"body": "third"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert stale.json()["code"] == "stale"
    assert stale.json()["current"]["version"] == 2
    assert (await jonas.patch(f"/posts/{post}", {"body": "mine"})).json()["code"] == "not_yours"
    revisions = (await jonas.get(f"/posts/{post}/revisions")).json()["items"]
    assert [(old["version"], old["body"]) for old in revisions] == [(2, "second"), (1, "first")]
    assert (await client.get(f"/api/v1/posts/{post}/revisions")).json()["items"] == revisions
    assert (await client.get(f"/api/v1/posts/{post}")).json()["body"] == "second"


async def test_a_withdrawn_post_leaves_a_tombstone_on_every_surface(
    app: Service, client: httpx2.AsyncClient
) -> None:
    canary = "canary-7731"
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    fatou = await a_person(app, "Fatou", duties=[("moderator", "mobility")])
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic, canary))["id"]
    await a_reply(jonas, topic, "answers", parent=post)
    await jonas.put(f"/posts/{post}/reactions/thanks")
    for path in (f"/posts/{post}", f"/topics/{topic}/posts"):
        assert canary in (await jonas.get(path)).text

    assert (await jonas.delete(f"/posts/{post}")).status_code == 403
    gone = await amina.delete(f"/posts/{post}")
    assert gone.status_code == 200
    assert gone.json()["state"] == "withdrawn"
    assert gone.json()["html"] is None
    for person in (client, jonas.client, amina.client):
        for path in (
            f"/posts/{post}",
            f"/topics/{topic}/posts",
            f"/topics/{topic}/posts?order=time",
            f"/topics/{topic}",
        ):
            assert canary not in (await person.get(f"/api/v1{path}")).text
    async with app.listening(f"topic:{topic}", after=0) as feed:
        assert canary not in str(feed.joined)
        assert len(feed.joined["missed"]) == feed.joined["seq"]
    assert (await jonas.get(f"/posts/{post}/revisions")).status_code == 409
    assert canary in (await fatou.get(f"/posts/{post}")).text
    assert (await client.get(f"/api/v1/topics/{topic}")).json()["posts"] == 2

    assert (await jonas.delete(f"/posts/{post}/withdrawal")).status_code == 403
    back = await amina.delete(f"/posts/{post}/withdrawal")
    assert back.status_code == 200
    assert canary in back.text
    assert back.json()["reactions"] == {"thanks": 1}
    assert (await amina.delete(f"/posts/{post}/withdrawal")).json()["code"] == "nothing_to_restore"


async def test_the_first_post_stays(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    first = (await amina.get(f"/topics/{topic}/posts")).json()["items"][0]["id"]
    refused = await amina.delete(f"/posts/{first}")
    assert (refused.status_code, refused.json()["code"]) == (409, "first_post_stays")


async def test_reactions_are_set_not_toggled(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic))["id"]
    for _ in range(3):
        set_ = await jonas.put(f"/posts/{post}/reactions/competent")
        assert set_.json()["reactions"] == {"competent": 1}
        assert set_.json()["mine"] == ["competent"]
    fatou = await a_person(app, "Fatou")
    await fatou.put(f"/posts/{post}/reactions/competent")
    seen = (await fatou.get(f"/topics/{topic}/posts")).json()["items"][1]
    assert seen["reactions"] == {"competent": 2}
    assert seen["mine"] == ["competent"]
    for _ in range(2):
        assert (await jonas.delete(f"/posts/{post}/reactions/competent")).json()["reactions"] == {
            "competent": 1
        }
    assert (await jonas.put(f"/posts/{post}/reactions/unheard-of")).status_code in (404, 422)


async def test_what_is_not_there_looks_the_same_as_what_cannot_be(
    app: Service, client: httpx2.AsyncClient
) -> None:
    missing = [
        await client.get(f"/api/v1{path}")
        for path in (
            "/topics/123456789",
            "/topics/123456789/posts",
            "/posts/123456789",
            "/sectors/none",
            "/topics/0",
        )
    ]
    assert {response.status_code for response in missing} == {404}
    assert len({response.content for response in missing}) == 1


async def test_a_retry_with_its_key_happens_once(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    again = {"headers": {"Idempotency-Key": "one"}}
    answers = await asyncio.gather(
        *(amina.post(f"/topics/{topic}/posts", {"body": "once"}, **again) for _ in range(10))
    )
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    other = await amina.post(f"/topics/{topic}/posts", {"body": "other"}, **again)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert (await amina.get(f"/topics/{topic}")).json()["last_number"] == 2

    keyed = {"headers": {"Idempotency-Key": "two"}}
    made = [
        await amina.post("/sectors/mobility/topics", {"title": "Once only", "body": "x"}, **keyed)
        for _ in range(3)
    ]
    assert len({answer.json()["id"] for answer in made}) == 1


async def test_a_page_is_validated_by_its_version(app: Service, client: httpx2.AsyncClient) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    path = f"/api/v1/topics/{topic}/posts"
    first = await client.get(path)
    etag = first.headers["etag"]
    assert (await client.get(path, headers={"If-None-Match": etag})).status_code == 304
    assert (await client.get(path)).content == first.content
    post = (await a_reply(amina, topic))["id"]
    second = await client.get(path, headers={"If-None-Match": etag})
    assert second.status_code == 200
    assert second.headers["etag"] != etag
    await (await a_person(app, "Jonas")).put(f"/posts/{post}/reactions/kind")
    assert (await client.get(path, headers={"If-None-Match": second.headers["etag"]})).status_code == 200
    assert (await amina.get(f"/topics/{topic}/posts", headers={"If-None-Match": etag})).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "A title", "body": "x", "author_id": 1}, "author_id"),
        ({"title": "A\u202etitle", "body": "x"}, "title"),
        ({"title": "A title", "body": "x\u0000"}, "body"),
        ({"title": "A title", "body": "x" * 20_001}, "body"),
        ({"title": "A title", "body": ""}, "body"),
        ({"title": "x" * 301, "body": "x"}, "title"),
        ({"title": "A title", "body": 7}, "body"),
        ({"title": "A title", "body": "x", "tags": ["!"]}, "tags"),
        ({"title": "A title"}, "body"),
    ],
)
async def test_what_is_not_acceptable_is_named(app: Service, body: dict[str, object], field: str) -> None:
    amina = await a_person(app)
    response = await amina.post("/sectors/mobility/topics", body)
    assert response.status_code == 422, response.text
    assert field in (response.json().get("field", "") + response.json()["detail"])


@pytest.mark.parametrize(
    "raw",
    [b"{", b"", b'{"title":"\xff","body":"x"}', b"[" * 50_000, b'{"title":"\\ud800","body":"x"}', b"null"],
)
async def test_what_cannot_be_read_is_refused(app: Service, raw: bytes) -> None:
    amina = await a_person(app)
    response = await amina.client.post(
        "/api/v1/sectors/mobility/topics", content=raw, headers={"Content-Type": "application/json"}
    )
    assert response.status_code in (400, 422), response.text
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_page_of_another_site_cannot_write(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    async with app.client() as browser:
        cookie = {"Cookie": f"tertulia={amina.token}"}
        for foreign in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            response = await browser.post(
                f"/api/v1/topics/{topic}/posts", json={"body": "x"}, headers=cookie | foreign
            )
            assert (response.status_code, response.json()["code"]) == (403, "foreign_origin")
        for own in ({"Sec-Fetch-Site": "same-origin"}, {}):
            response = await browser.post(
                f"/api/v1/topics/{topic}/posts", json={"body": "x"}, headers=cookie | own
            )
            assert response.status_code == 201


async def test_links_to_our_own_topics_lead_inside(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    site = app.db.site
    text = f"see {site}/t/{topic}/cobalt/1 and #1 and https://other.example/t/1"
    response = await httpx2.AsyncClient(headers=amina.client.headers).post(
        f"{site}/api/v1/topics/{topic}/posts", json={"body": text}
    )
    html = response.json()["html"]
    assert f'href="/t/{topic}/cobalt/1"' in html
    assert f'href="/t/{topic}/1"' in html
    assert 'href="https://other.example/t/1"' in html

"""Held posts: only the author and the moderators see them; authors can edit them, and moderators approve or reject
them."""

import re

from core import clock
from core.ids import SectorId, TopicId
from forum.posts.screening import TextToScreen
from moderation.policy import UNDO_WINDOW
from moderation.rules.engine import REFRESH_SECONDS, Screening
from tests.support.moderation.cases import mails
from tests.support.moderation.filters import WHY, FilteredTopic, activate_filter
from tests.support.pages import send
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql


async def all_that_is_told(filtered: FilteredTopic, who: Person) -> list[bytes]:
    paths = (
        f"/topics/{filtered.topic}",
        f"/topics/{filtered.topic}/posts",
        f"/topics/{filtered.topic}/posts?order=time",
        "/sectors/mobility/topics",
        "/sectors",
        "/me/held",
    )
    return [(await who.get(path)).content for path in paths]


async def test_a_held_reply_is_told_to_its_author_and_to_nobody_else(
    app: Service, filtered: FilteredTopic
) -> None:
    before = await all_that_is_told(filtered, filtered.member)
    log = await raw_sql(app.db).fetchval(
        "SELECT count(*) FROM log WHERE channel = $1", f"topic:{filtered.topic}"
    )

    held = await filtered.held()

    assert (held["state"], held["code"], held["outcome"]) == ("held", "held_by_rule", None)
    assert (held["why"], held["body"]) == ("Gambling is looked at first.", "Try my casino")
    assert before == await all_that_is_told(filtered, filtered.member)
    assert log == await raw_sql(app.db).fetchval(
        "SELECT count(*) FROM log WHERE channel = $1", f"topic:{filtered.topic}"
    )
    assert (await filtered.member.get(f"/posts/{held['id']}")).status_code == 404
    assert (await filtered.member.get(f"/held/{held['id']}")).status_code == 404
    assert (await filtered.author.get("/me/held")).json()["items"] == [held]
    page = (await filtered.author.client.get(f"/t/{filtered.topic}/cobalt-tracing")).text
    assert "Waiting for a moderator" in page and "Try my casino" in page
    others = (await filtered.member.client.get(f"/t/{filtered.topic}/cobalt-tracing")).text
    assert "casino" not in others
    assert "Waiting" not in others


async def test_what_no_rule_catches_and_what_moderators_write_is_published(
    app: Service, filtered: FilteredTopic
) -> None:
    assert (await a_reply(filtered.author, filtered.topic, "About cobalt"))["state"] == "published"
    assert (await a_reply(filtered.ada, filtered.topic, "This casino is spam"))["state"] == "published"
    elsewhere = await a_topic(filtered.author, body="A casino", sector="electronics")
    assert elsewhere["state"] == "open"
    await filtered.ada.delete(f"/rules/{filtered.rule}/force")
    for context in app.contexts:
        context.screening.invalidate()
    assert (await a_reply(filtered.author, filtered.topic, "casino"))["state"] == "published"


async def test_the_case_says_what_was_matched_and_approving_puts_it_in_its_place(
    app: Service, filtered: FilteredTopic
) -> None:
    parent = (await a_reply(filtered.member, filtered.topic, "Which one?"))["id"]
    held = await filtered.held(parent=parent)
    await a_reply(filtered.member, filtered.topic, "Meanwhile")

    case = await filtered.case()
    assert case["post"] is None and case["held"]["body"] == "Try my casino"
    [match] = case["matches"]
    assert (match["rule"], match["action"], match["outcome"]) == (filtered.rule, "hold", None)
    assert match["passages"] == [{"before": "try my ", "match": "casino", "after": ""}]
    assert case["because"][0] == "caught by the rule Casinos"
    assert case["score"] == 1.4
    page = (await filtered.ada.client.get("/queue")).text
    assert "<mark>casino</mark>" in page and "Which one?" in page
    await filtered.decide("approve")

    post = (await filtered.member.get(f"/posts/{held['id']}")).json()
    assert (post["state"], post["parent"], post["depth"], post["number"]) == ("published", parent, 1, 4)
    order = [
        one["id"] for one in (await filtered.member.get(f"/topics/{filtered.topic}/posts")).json()["items"]
    ]
    assert order.index(held["id"]) == order.index(parent) + 1
    assert (await filtered.member.get(f"/posts/{parent}")).json()["replies"] == 1
    assert await filtered.measured() == {"caught": 1, "held": 1, "upheld": 0, "overturned": 1}
    told = (await filtered.author.get("/inbox")).json()["items"]
    assert [one["kind"] for one in told] == ["approved"]
    assert (
        await filtered.author.client.get(f"/held/{held['id']}", follow_redirects=False)
    ).status_code == 303
    await app.run_jobs()
    assert "reply" in [one["kind"] for one in (await filtered.member.get("/inbox")).json()["items"]]


async def test_a_moderators_text_is_published_and_the_author_keeps_the_own_one(
    filtered: FilteredTopic,
) -> None:
    held = await filtered.held()

    await filtered.decide("approve_edited", text="Try my [removed]")

    post = (await filtered.member.get(f"/posts/{held['id']}")).json()
    assert "[removed]" in post["html"]
    mine = (await filtered.author.get(f"/posts/{held['id']}/revisions")).json()["items"]
    assert [one["body"] for one in mine] == ["Try my [removed]", "Try my casino"]
    theirs = (await filtered.member.get(f"/posts/{held['id']}/revisions")).json()["items"]
    assert [one["body"] for one in theirs] == ["Try my [removed]"]


async def test_what_is_rejected_is_never_seen_and_its_author_told_why(
    app: Service, filtered: FilteredTopic
) -> None:
    held = await filtered.held()

    decision = await filtered.decide("hide")
    with clock.stop_at(clock.now() + UNDO_WINDOW):
        await app.run_jobs()

    assert (await filtered.member.get(f"/posts/{held['id']}")).status_code == 404
    mine = (await filtered.author.get(f"/held/{held['id']}")).json()
    assert (mine["outcome"], mine["body"]) == ("rejected", "Try my casino")
    (mail,) = mails(app)
    assert WHY["facts"] in mail.get_content() and "program took part" in mail.get_content().lower()
    [told] = (await filtered.author.get("/inbox")).json()["items"]
    assert (told["kind"], told["decision"]) == ("decided", decision["id"])
    assert await filtered.measured() == {"caught": 1, "held": 1, "upheld": 1, "overturned": 0}

    back = await filtered.ben.put(f"/decisions/{decision['id']}/reversal", {"facts": "It was a joke."})
    assert back.status_code == 200, back.text
    assert (await filtered.member.get(f"/posts/{held['id']}")).json()["state"] == "published"
    assert await filtered.measured() == {"caught": 1, "held": 1, "upheld": 0, "overturned": 1}


async def test_a_decision_is_undone_within_its_seconds(filtered: FilteredTopic) -> None:
    held = await filtered.held()
    rejected = await filtered.decide("hide")
    assert (await filtered.ada.delete(f"/decisions/{rejected['id']}")).status_code == 200
    assert (await filtered.author.get(f"/held/{held['id']}")).json()["outcome"] is None
    assert (await filtered.measured())["upheld"] == 0

    approved = await filtered.decide("approve")
    assert (await filtered.ada.delete(f"/decisions/{approved['id']}")).status_code == 200
    assert (await filtered.member.get(f"/posts/{held['id']}")).json()["state"] == "published"
    assert (await filtered.measured())["overturned"] == 0
    await filtered.decide("hide")
    assert (await filtered.member.get(f"/posts/{held['id']}")).json()["state"] == "hidden"
    assert (await filtered.measured())["upheld"] == 1


async def test_what_does_not_fit_is_refused_by_name(filtered: FilteredTopic) -> None:
    await filtered.held()
    case = await filtered.case()
    path, version = f"/cases/{case['id']}/decisions", case["version"]

    for given, code in (
        ({"action": "no_action"}, "held_waits"),
        ({"action": "approve_edited"}, "text_missing"),
        ({"action": "approve", "text": "Other"}, "text_missing"),
        ({"action": "approve", "also": ["hide"]}, "nothing_else"),
    ):
        refused = await filtered.ada.post(path, {"version": version, **given})
        assert refused.json()["code"] == code, refused.text


async def test_its_author_edits_and_withdraws_it(filtered: FilteredTopic) -> None:
    held = await filtered.held()
    version = (await filtered.case())["version"]

    edited = await filtered.author.patch(f"/held/{held['id']}", {"body": "Try my kasino"})
    assert (edited.status_code, edited.json()["body"]) == (200, "Try my kasino")
    case = await filtered.case()
    assert (case["version"], case["held"]["body"]) == (version + 1, "Try my kasino")
    assert (await filtered.member.patch(f"/held/{held['id']}", {"body": "Mine"})).status_code == 404

    gone = await filtered.author.delete(f"/held/{held['id']}")
    assert gone.json()["outcome"] == "withdrawn"
    assert (await filtered.author.delete(f"/held/{held['id']}")).status_code == 200
    assert (await filtered.ada.get("/cases")).json()["items"] == []
    late = await filtered.author.patch(f"/held/{held['id']}", {"body": "Again"})
    assert (late.status_code, late.json()["code"]) == (409, "not_held_any_more")
    assert (await filtered.author.get("/me/held")).json()["items"][0]["body"] == "Try my kasino"


async def test_an_edit_that_is_refused_is_shown_again(filtered: FilteredTopic) -> None:
    held = await filtered.held()
    refused = await send(filtered.author, f"/held/{held['id']}", act="save", body="", language="fr")
    assert refused.status_code == 422 and 'id="body-wrong"' in refused.text and 'href="#body"' in refused.text
    assert re.search('<option value="fr"[^>]* selected>', refused.text)


async def test_what_is_sent_twice_is_held_once(app: Service, filtered: FilteredTopic) -> None:
    key = {"Idempotency-Key": "only-once"}
    first = await filtered.author.post(f"/topics/{filtered.topic}/posts", {"body": "casino"}, headers=key)
    second = await filtered.author.post(f"/topics/{filtered.topic}/posts", {"body": "casino"}, headers=key)

    assert (first.status_code, first.content) == (202, second.content)
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM rule_matches") == 1


async def test_a_held_topic_is_there_for_nobody_until_it_is_approved(
    app: Service, filtered: FilteredTopic
) -> None:
    visitor = app.client()
    before = [
        (await visitor.get(path)).content
        for path in (
            "/api/v1/sectors/mobility/topics",
            "/api/v1/sectors",
            "/feeds/sectors/mobility.atom",
            "/s/mobility",
        )
    ]
    given = {"title": "My casino", "body": "Come in"}

    held = await filtered.author.post("/sectors/mobility/topics", given)

    assert held.status_code == 202, held.text
    topic, post = held.json()["topic"], held.json()["id"]
    assert held.json()["opens"] and held.json()["title"] == "My casino"
    for path, was in zip(
        ("/api/v1/sectors/mobility/topics", "/api/v1/sectors", "/feeds/sectors/mobility.atom", "/s/mobility"),
        before,
        strict=True,
    ):
        now = (await visitor.get(path)).content
        assert b"asino" not in now
        assert now == was or path.endswith("/s/mobility"), path
    assert (await filtered.member.get(f"/topics/{topic}")).status_code == 404
    assert (await filtered.member.client.get(f"/t/{topic}/my-casino")).status_code == 404
    assert (await filtered.ada.client.get(f"/t/{topic}/my-casino")).status_code == 200
    assert "My casino" in (await filtered.author.client.get(f"/held/{post}")).text
    assert "My casino" in (await filtered.ada.client.get("/queue")).text

    await filtered.decide("approve")

    shown = (await filtered.member.get(f"/topics/{topic}")).json()
    assert (shown["state"], shown["posts"], shown["last_number"]) == ("open", 1, 1)
    listed = (await filtered.member.get("/sectors/mobility/topics")).json()["items"]
    assert topic in [one["id"] for one in listed]
    query = "SELECT count(*) FROM log WHERE event ->> 'type' = 'topic_opened' AND event ->> 'topic_id' = $1"
    assert await raw_sql(app.db).fetchval(query, str(topic)) == 1


async def test_a_rule_that_only_reports_publishes_and_opens_a_case(
    app: Service, filtered: FilteredTopic
) -> None:
    await filtered.ada.delete(f"/rules/{filtered.rule}/force")
    flagging = await activate_filter(app, filtered.ada, action="flag", name="Reports")

    post = await a_reply(filtered.author, filtered.topic, "casino")

    assert post["state"] == "published"
    case = await filtered.case()
    assert (case["post"]["id"], case["held"], case["matches"][0]["rule"]) == (post["id"], None, flagging)
    await filtered.decide("no_action")
    assert (await filtered.ada.get(f"/rules/{flagging}")).json()["measured"]["overturned"] == 1


async def test_new_members_alone_and_so_many_a_day(app: Service, filtered: FilteredTopic) -> None:
    await filtered.ada.delete(f"/rules/{filtered.rule}/force")
    await activate_filter(app, filtered.ada, trust=0, test={"kind": "anything", "a_day": 2})
    old = await a_person(app, "Old")
    await raw_sql(app.db).execute("UPDATE members SET trust = 1 WHERE id = $1", old.id)

    assert (await a_reply(filtered.author, filtered.topic, "second"))["state"] == "published"
    third = await filtered.author.post(f"/topics/{filtered.topic}/posts", {"body": "third"})
    assert third.status_code == 202
    for n in range(3):
        await a_reply(old, filtered.topic, f"old {n}")


async def test_a_flood_of_what_is_nearly_the_same_is_held_and_a_retry_is_no_flood(
    app: Service, filtered: FilteredTopic
) -> None:
    await activate_filter(app, filtered.ada, test={"kind": "alike", "count": 3, "percent": 70}, name="Floods")
    text = "Invest in cobalt now, the price will rise within days, ask me how to do it, number {}"
    key = {"Idempotency-Key": "flood"}
    statuses = []
    for n, options in ((1, {"headers": key}), (1, {"headers": key}), (2, {}), (3, {}), (4, {})):
        answer = await filtered.author.post(
            f"/topics/{filtered.topic}/posts", {"body": text.format(n)}, **options
        )
        statuses.append(answer.status_code)

    assert statuses == [201, 201, 201, 202, 202]
    assert await raw_sql(app.db).fetchval("SELECT count(*) FROM sketches") == 4


async def test_where_no_rule_asks_for_more_nothing_is_asked_and_what_is_switched_is_seen_soon(
    app: Service, filtered: FilteredTopic
) -> None:
    screening = Screening(app.db)
    sector = SectorId(await raw_sql(app.db).fetchval("SELECT id FROM sectors WHERE slug = 'mobility'"))
    written = TextToScreen(
        kind="post", sector_id=sector, topic_id=TopicId(1), body="casino", html="<p>casino</p>"
    )
    actor = await filtered.author.actor()
    assert await screening.screen(actor, written) is not None
    rules = screening.rules
    await filtered.ada.delete(f"/rules/{filtered.rule}/force")

    assert await screening.screen(actor, written) is not None
    assert screening.rules is rules, "kept for a while"
    screening.read_at -= REFRESH_SECONDS
    assert await screening.screen(actor, written) is None
    assert REFRESH_SECONDS < 2


async def test_an_edit_that_a_rule_catches_waits_while_the_post_says_what_it_said(
    app: Service, filtered: FilteredTopic
) -> None:
    post = await a_reply(filtered.author, filtered.topic, "About cobalt")

    answer = await filtered.author.patch(f"/posts/{post['id']}", {"body": "Try my casino"})

    assert (answer.status_code, answer.json()["html"]) == (200, "<p>About cobalt</p>\n")
    assert answer.json()["held_edit"] == {"code": "held_by_rule", "why": "Gambling is looked at first."}
    assert not any("casino" in html for html in await filtered.bodies(filtered.member))
    mine = (await filtered.author.get(f"/held/{post['id']}")).json()
    assert (mine["is_edit"], mine["body"], mine["outcome"]) == (True, "Try my casino", None)
    assert (
        "Your edit is waiting"
        in (await filtered.author.client.get(f"/t/{filtered.topic}/cobalt-tracing")).text
    )
    assert "edit of a published post" in (await filtered.ada.client.get("/queue")).text

    rejected = await filtered.decide("hide")
    assert (await filtered.author.get(f"/held/{post['id']}")).json()["outcome"] == "rejected"
    assert (await filtered.member.get(f"/posts/{post['id']}")).json()["state"] == "published"
    await filtered.ben.put(f"/decisions/{rejected['id']}/reversal", {"facts": "It was a joke."})
    assert "casino" in (await filtered.member.get(f"/posts/{post['id']}")).json()["html"]
    said = (await filtered.member.get(f"/posts/{post['id']}/revisions")).json()["items"]
    assert [one["body"] for one in said] == ["Try my casino", "About cobalt"]


async def test_what_waits_keeps_the_language_that_its_author_chose(filtered: FilteredTopic) -> None:
    post = await a_reply(filtered.author, filtered.topic, "About cobalt")
    await filtered.author.patch(f"/posts/{post['id']}", {"body": "Try my casino", "language": "pt"})
    assert (await filtered.author.get(f"/held/{post['id']}")).json()["language"] == "pt"
    await filtered.author.patch(f"/held/{post['id']}", {"body": "Try my other casino"})
    await filtered.decide("approve")
    assert (await filtered.member.get(f"/posts/{post['id']}")).json()["language"] == "pt"

    refused = await filtered.author.patch(f"/posts/{post['id']}", {"body": "A casino", "language": "xx"})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_language")

    held = await filtered.held()
    page = (await filtered.author.client.get(f"/held/{held['id']}")).text
    assert 'name="language"' in page
    typed = {"body": "My casino", "language": "fr", "act": "save"}
    assert (await send(filtered.author, f"/held/{held['id']}", **typed)).status_code == 303
    assert (await filtered.author.get(f"/held/{held['id']}")).json()["language"] == "fr"
    await filtered.author.patch(f"/held/{held['id']}", {"body": "My own casino"})
    await filtered.decide("approve")
    assert (await filtered.member.get(f"/posts/{held['id']}")).json()["language"] == "fr"


async def test_an_edit_is_let_through_with_changes_and_its_author_keeps_the_own_text(
    app: Service, filtered: FilteredTopic
) -> None:
    post = await a_reply(filtered.author, filtered.topic, "About cobalt")
    await filtered.author.patch(f"/posts/{post['id']}", {"body": "Try my casino"})

    assert "Approve with changes" in (await filtered.ada.client.get("/queue")).text
    await filtered.decide("approve_edited", text="See what I found")

    read = (await filtered.member.get(f"/posts/{post['id']}")).json()
    assert (read["html"], "held_edit" in read) == ("<p>See what I found</p>\n", False)
    for reader, bodies in (
        (filtered.member, ["See what I found", "About cobalt"]),
        (filtered.author, ["See what I found", "Try my casino", "About cobalt"]),
        (filtered.ada, ["See what I found", "Try my casino", "About cobalt"]),
    ):
        said = (await reader.get(f"/posts/{post['id']}/revisions")).json()["items"]
        assert [one["body"] for one in said] == bodies, reader.handle
    # The author is notified each time.
    told = "SELECT because ->> 'code' FROM notifications WHERE kind = 'approved' AND post_id = $1"
    assert await raw_sql(app.db).fetchval(told, post["id"]) == "approved_changed"
    await filtered.author.patch(f"/posts/{post['id']}", {"body": "My casino again"})
    await filtered.decide("approve")
    assert [row[0] for row in await raw_sql(app.db).fetch(told, post["id"])] == ["approved"]
    assert "casino again" in (await filtered.member.get(f"/posts/{post['id']}")).json()["html"]


async def test_what_was_approved_is_not_turned_into_something_else(
    app: Service, filtered: FilteredTopic
) -> None:
    await activate_filter(app, filtered.ada, name="Turned", test={"kind": "turned", "hours": 1000})
    fresh = await a_reply(filtered.author, filtered.topic, "What I think of cobalt is this")
    held = await filtered.held()
    await filtered.decide("approve")

    edited = await filtered.author.patch(f"/posts/{fresh['id']}", {"body": "Something else entirely"})
    assert "held_edit" not in edited.json()
    turned = await filtered.author.patch(f"/posts/{held['id']}", {"body": "See https://shop.example"})
    assert (
        turned.json()["held_edit"]["why"]
        == "Edits that change a post a lot are reviewed before they are published."
    )
    [match] = [one for one in (await filtered.case())["matches"] if one["name"] == "Turned"]
    assert match["why"] == "an edit adds a link to shop.example, which the post did not link to before"
    again = await filtered.author.patch(f"/held/{held['id']}", {"body": "Try my casino, please"})
    assert again.json()["body"] == "Try my casino, please"
    assert (await filtered.author.delete(f"/held/{held['id']}")).json()["outcome"] == "withdrawn"
    assert (await filtered.member.get(f"/posts/{held['id']}")).json()["state"] == "published"


async def test_a_title_that_a_rule_catches_is_reported_and_stays(
    app: Service, filtered: FilteredTopic
) -> None:
    changed = await filtered.author.patch(f"/topics/{filtered.topic}", {"title": "My casino"})

    assert (changed.status_code, changed.json()["title"]) == (200, "My casino")
    case = await filtered.case()
    assert (case["post"]["number"], case["held"], case["matches"][0]["action"]) == (1, None, "flag")
    await filtered.decide("no_action")
    assert await filtered.measured() == {"caught": 1, "held": 0, "upheld": 0, "overturned": 1}

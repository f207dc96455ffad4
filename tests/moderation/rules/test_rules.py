"""Rules: what they find, who manages them, what a dry run shows, and how their matches are counted."""

import random
from datetime import timedelta
from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from forum.text.markdown import render
from moderation.rules.findings import Finding
from moderation.rules.matching import PreviousText, ScreenedText, applies_to, apply_test
from moderation.rules.minhash import make_sketch, removed_share, similarity
from moderation.rules.patterns import (
    PatternUnusable,
    compile_pattern,
    normalize,
    search_pattern,
    search_phrases,
)
from moderation.rules.policy import RuleNeedsTrust, ensure_is_usable
from moderation.rules.shapes import NewRule, RuleTest
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.rooms.open_room import make_open_room
from tests.support.service import Service
from tests.support.service import raw_sql as plain_db

SITE = "https://forum.example"
LONG = "We compared the smelter lists of both schemes in March and found that fourteen refiners differ. "


def a_text(body: str, **facts: Any) -> ScreenedText:
    return ScreenedText(body=body, html=render(body, site=SITE).html, site=SITE, now=clock.now(), **facts)


def found(test: dict[str, Any], body: str, **facts: Any) -> Finding | None:
    return apply_test(msgspec.convert(test, RuleTest), a_text(body, **facts))


def matched(test: dict[str, Any], body: str, **facts: Any) -> list[str]:
    what = found(test, body, **facts)
    return [] if what is None else [passage.match for passage in what.passages]


def test_links_are_counted_as_they_are_shown_and_those_that_stay_here_are_none() -> None:
    body = f"https://one.example [two](https://two.example/x) {SITE}/t/1 [here](/t/2) https://one.example"

    assert found({"kind": "links", "most": 2}, body) is None
    what = found({"kind": "links", "most": 1}, body)

    assert what is not None and what.why == "2 links to other sites"
    assert [passage.match for passage in what.passages] == [
        "https://one.example",
        "https://two.example/x",
    ]
    assert matched({"kind": "links", "most": 0}, "[x](https&#58;//evil.example)") == ["https://evil.example"]


@pytest.mark.parametrize(
    ("body", "is_caught"),
    [
        ("https://casino.example/win", True),
        ("https://www.casino.example", True),
        ("http://a.b.CASINO.example:8080/", True),
        ("[x](https://me@casino.example)", True),
        ("https://notcasino.example", False),
        ("https://casino.example.org", False),
        ("casino.example is bad, I hear", False),
    ],
)
def test_domains_catch_what_is_under_them_and_nothing_else(body: str, is_caught: bool) -> None:
    assert (found({"kind": "domains", "domains": ["casino.example"]}, body) is not None) is is_caught


def test_all_but_some_domains_can_be_caught() -> None:
    test = {"kind": "domains", "domains": ["oecd.org"], "others": True}

    assert found(test, "https://www.oecd.org/a https://mneguidelines.oecd.org") is None
    assert matched(test, "https://www.oecd.org/a and https://else.example/b") == ["https://else.example/b"]


@pytest.mark.parametrize(
    "body", ["Buy Cheap Gold now", "buy ＣＨＥＡＰ gold", "buy che\u200bap gold", "CHEAP GOLD!"]
)
def test_phrases_are_found_however_they_are_written(body: str) -> None:
    assert found({"kind": "phrases", "phrases": ["cheap gold"]}, body)


def test_phrases_are_whole_words_but_in_scripts_without_blanks() -> None:
    assert found({"kind": "phrases", "phrases": ["gold"]}, "Goldsmiths of Marigold agreed.") is None
    assert found({"kind": "phrases", "phrases": ["黄金"]}, "便宜黄金出售")
    assert found({"kind": "phrases", "phrases": ["gold"]}, "fool's-gold")


def test_a_pattern_is_of_re2_and_says_what_it_matched() -> None:
    test = {"kind": "pattern", "pattern": r"free\s+(gold|cobalt)"}

    what = found(test, "Come and get FREE  cobalt here")

    assert what is not None
    assert (what.passages[0].before, what.passages[0].match) == ("Come and get ", "FREE  cobalt")
    large = r"(a|b){900}(a|b){900}(a|b){900}c(a|b){900}"
    for bad in ("(", r"(a)\1", "(?=a)", "a*", "x{1001}", r"(\pL+\s?){500}!", large, "((((a{9}){9}){9}){9})"):
        with pytest.raises(PatternUnusable):
            compile_pattern(bad)


@given(st.text(min_size=1, max_size=40), st.text(max_size=400))
def test_any_pattern_is_refused_or_searched(pattern: str, text: str) -> None:
    try:
        compile_pattern(pattern)
    except PatternUnusable:
        return
    for start, end in search_pattern(pattern, text).spans:
        assert 0 <= start < end <= len(text)


@given(st.lists(st.text(min_size=2, max_size=12), max_size=5), st.text(max_size=200))
def test_what_phrases_find_is_what_stands_there(phrases: list[str], text: str) -> None:
    wanted, whole = [normalize(phrase) for phrase in phrases if normalize(phrase)], normalize(text)
    for start, end in search_phrases(wanted, whole).spans:
        assert whole[start:end] in wanted


def test_what_cannot_be_looked_through_in_time_is_for_people_to_look_at() -> None:
    rolling = random.Random(7)
    hostile = "".join(rolling.choice("ab") for _ in range(400_000))

    what = found({"kind": "pattern", "pattern": "(a|b)*a(a|b){190}c"}, hostile)

    assert what is not None and what.what == "timed_out"


def test_alike_are_texts_with_other_names_and_ends_and_no_others() -> None:
    one = make_sketch(LONG * 3 + "Ask me: https://a.example/1")

    assert similarity(one, make_sketch(LONG * 3 + "Ask me: https://a.example/2!!")) >= 70
    assert (
        similarity(
            one, make_sketch("Cobalt is mined by hand in many places, and nobody counts who does it there.")
        )
        < 20
    )
    assert make_sketch("Thank you!") == [] and similarity([], []) == 0


def test_a_flood_is_the_third_of_three_within_its_time() -> None:
    now, known = clock.now(), make_sketch(LONG)
    lately = [(now - timedelta(minutes=1), known), (now - timedelta(minutes=2), known)]
    test = {"kind": "alike", "count": 3, "minutes": 60}

    assert found(test, LONG, sketch=known, alike=lately)
    assert found(test, LONG, sketch=known, alike=lately[:1]) is None
    assert found(test, LONG, sketch=known, alike=[(now - timedelta(hours=2), known)] * 9) is None
    assert (
        found(
            test, "Thank you!", sketch=make_sketch("Thank you!"), alike=[(now, make_sketch("Thank you!"))] * 9
        )
        is None
    )


def test_mentions_are_members_named_each_once() -> None:
    html = "".join(f'<a href="/m/{name}">@{name}</a> ' for name in ("ada", "ben", "ada", "cem"))
    text = ScreenedText(body="@ada @ben @ada @cem", html=html, site=SITE, now=clock.now())

    assert apply_test(msgspec.convert({"kind": "mentions", "most": 3}, RuleTest), text) is None
    what = apply_test(msgspec.convert({"kind": "mentions", "most": 2}, RuleTest), text)
    assert what is not None and what.why == "3 members mentioned"


def test_an_edit_that_turns_an_old_post_into_something_else_is_caught() -> None:
    test = {"kind": "turned", "percent": 60, "hours": 24}
    old = clock.now() - timedelta(days=3)
    before = PreviousText(body=LONG, html=render(LONG, site=SITE).html, posted_at=old)

    assert removed_share(LONG, LONG + " More of it.") == 0
    assert found(test, LONG + " More of it.", before=before) is None
    assert found(test, "Buy something entirely different here", before=before)
    assert matched(test, LONG + " https://shop.example", before=before) == ["https://shop.example"]
    fresh = PreviousText(body=LONG, html="", posted_at=clock.now())
    assert found(test, "Buy something entirely different here", before=fresh) is None
    approved = PreviousText(body=LONG, html="", posted_at=clock.now(), was_approved=True)
    assert found(test, "Buy something entirely different here", before=approved)
    assert found(test, "Buy something entirely different here") is None, "what is new was nothing before"


def test_another_language_is_caught_where_there_is_enough_of_it() -> None:
    test = {"kind": "languages", "languages": ["en", "fr"]}

    assert found(test, LONG) is None
    assert found(test, "Nous avons comparé les listes des fonderies des deux systèmes en mars.") is None
    assert found(
        test,
        "Wir haben die Listen der Schmelzhütten beider Systeme im März verglichen und Unterschiede gefunden.",
    )
    assert found(test, "Danke!") is None


def test_what_is_written_without_a_name_is_met_by_rules_for_everybody_alone() -> None:
    assert applies_to(None, a_text("x")) and applies_to(1, a_text("x", trust=1))
    assert not applies_to(1, a_text("x", trust=2)) and not applies_to(0, a_text("x"))
    anything = NewRule(name="All", test=msgspec.convert({"kind": "anything"}, RuleTest))
    with pytest.raises(RuleNeedsTrust):
        ensure_is_usable(anything)


RULE = {"name": "Casinos", "sector": "mobility", "test": {"kind": "phrases", "phrases": ["casino"]}}


async def test_moderators_keep_the_rules_of_their_sectors_and_administrators_general_ones(
    app: Service,
) -> None:
    ada = await a_person(app, "Ada", duties=[("moderator", "mobility")])
    root = await a_person(app, "Root", duties=[("administrator", None)])
    mia = await a_person(app, "Mia")

    made = await ada.post("/rules", RULE)

    assert made.status_code == 201, made.text
    rule = made.json()
    assert (rule["is_on"], rule["version"], rule["changed_by"]["handle"]) == (False, 1, ada.handle)
    assert rule["measured"] == {"caught": 0, "held": 0, "upheld": 0, "overturned": 0}
    assert (await ada.put(f"/rules/{rule['id']}/force")).json()["is_on"] is True
    general = RULE | {"sector": None}
    assert (await ada.post("/rules", general)).json()["code"] == "administrators_only"
    assert (await ada.post("/rules", RULE | {"sector": "electronics"})).json()["code"] == "not_your_rule"
    assert (await root.post("/rules", general)).status_code == 201
    assert [one["sector"] for one in (await ada.get("/rules")).json()["items"]] == [None, "mobility"]
    assert (await mia.get("/rules")).json()["code"] == "not_your_rule"
    change = RULE | {"version": 2, "name": "Gambling"}
    assert (await ada.put(f"/rules/{rule['id']}", change)).json()["name"] == "Gambling"
    assert (await ada.put(f"/rules/{rule['id']}", change)).status_code == 412
    query = "SELECT kind FROM audit WHERE kind LIKE 'rule_%' AND CAST(about->>'rule' AS bigint) = $1 ORDER BY number"
    kinds = [row["kind"] for row in await plain_db(app.db).fetch(query, rule["id"])]
    assert kinds == ["rule_made", "rule_on", "rule_changed"]


async def test_hosts_keep_the_rules_of_their_rooms(app: Service) -> None:
    open_room = await make_open_room(app)
    rule = {"name": "Links", "room": open_room.room, "test": {"kind": "links", "most": 0}}

    made = await open_room.host.post("/rules", rule)

    assert made.status_code == 201, made.text
    other = await a_person(app, "Other", duties=[("moderator", "electronics")])
    assert (await other.get(f"/rules/{made.json()['id']}")).status_code == 404
    assert (await other.post("/rules", rule)).json()["code"] == "not_your_rule"
    assert (await open_room.host.post("/rules", RULE)).json()["code"] == "not_your_rule"


async def test_a_trial_says_what_would_have_been_caught_and_touches_nothing(app: Service) -> None:
    ada = await a_person(app, "Ada", duties=[("moderator", "mobility")])
    author = await a_person(app, "Author")
    topic = (await a_topic(author))["id"]
    caught = (await a_reply(author, topic, "The best Casino in town"))["id"]
    await a_reply(author, topic, "About cobalt")

    tried = await ada.post("/rules/trials", RULE)

    assert tried.status_code == 200, tried.text
    trial = tried.json()
    assert (trial["tried"], trial["caught"]) == (3, 1)
    assert trial["items"][0]["post"]["id"] == caught
    assert trial["items"][0]["passages"] == [{"before": "the best ", "match": "casino", "after": " in town"}]
    assert (await author.get(f"/posts/{caught}")).json()["state"] == "published"
    assert (await ada.get("/rules")).json()["items"] == []
    bad = await ada.post("/rules/trials", RULE | {"test": {"kind": "pattern", "pattern": "("}})
    assert (bad.status_code, bad.json()["code"]) == (422, "pattern_unusable")
    assert "missing )" in bad.json()["detail"]


async def submit(person: Person, path: str, typed: dict[str, str]) -> httpx2.Response:
    return await person.client.post(path, data=typed, headers={"Origin": person.service.urls[0]})


async def test_a_rule_is_written_tried_and_switched_on_by_plain_forms(app: Service) -> None:
    ada = await a_person(app, "Ada", duties=[("moderator", "mobility")])
    author = await a_person(app, "Author")
    topic = (await a_topic(author))["id"]
    await a_reply(author, topic, "The best Casino in town")
    typed = {
        "kind": "phrases",
        "name": "Casinos",
        "place": "sector:mobility",
        "phrases": "casino\nroulette",
        "action": "hold",
    }

    tried = await submit(ada, "/rules/new", typed | {"act": "try"})
    assert "<mark>casino</mark> in town" in tried.text
    kept = await submit(ada, "/rules/new", typed | {"act": "keep"})
    assert kept.status_code == 303

    rule = (await ada.get("/rules")).json()["items"][0]
    assert rule["test"] == {"kind": "phrases", "phrases": ["casino", "roulette"]}
    switched = await submit(ada, f"/rules/{rule['id']}", {"act": "on"})
    assert switched.status_code == 303
    assert "0 caught" in (await ada.client.get("/rules")).text
    wrong = await submit(ada, "/rules/new", typed | {"kind": "pattern", "pattern": "(", "act": "keep"})
    assert wrong.status_code == 422 and "missing )" in wrong.text and 'value="("' in wrong.text

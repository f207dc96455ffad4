"""The text that rules check: the words that readers will see, in everything that is published."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from forum.text.markdown import render
from forum.text.quoted_words import QuotedText
from moderation.rules.findings import Finding
from moderation.rules.matching import ScreenedText, apply_test
from moderation.rules.minhash import make_sketch
from moderation.rules.shapes import RuleTest
from moderation.rules.words import TextViews, extract_words
from tests.support.boards import a_board
from tests.support.moderation.filters import FilteredTopic, activate_filter
from tests.support.moderation.filters import filtered as filtered
from tests.support.people import a_person, a_reply, a_topic
from tests.support.rooms.open_room import make_open_room
from tests.support.rooms.questions import change_room
from tests.support.service import Service, raw_sql

SITE = "https://forum.example"
DISGUISES = {
    "as it is": "Try my casino",
    "emphasis": "Try my ca*si*no",
    "strong": "Try my **cas**ino",
    "struck out": "Try my casi~~no~~",
    "entity": "Try my c&#97;sino",
    "named entity": "Try my casi&shy;no",
    "inline code": "Try my cas`ino`",
    "link text": "Try my [ca](https://a.example)sino",
    "link target": "Try [mine](https://&#99;asino.example)",
    "link target in octets": "Try [mine](https://a.example/c%61sino)",
    "link title": 'Try [mine](https://a.example "c&#97;sino")',
    "picture": "![My c&#97;sino](https://a.example/b.png)",
    "own picture": "![My c&#97;sino](/files/3/b.png)",
    "caption": '![](/files/3/b.png "My c&#97;sino")',
    "footnote": "Try my cas[^1]ino\n\n[^1]: Said so.",
    "in a footnote": "Try it[^1]\n\n[^1]: My c&#97;sino.",
    "typed HTML": "Try <b>c&#97;sino</b>",
    "typed brackets": "Try &lt;c&#97;sino&gt;",
    "heading": "# My ca*si*no",
    "table": "a | b\n-|-\nc | my ca*si*no",
    "code block": "```\nmy casino\n```",
    "no width": "Try my cas\u200bino",
    "variants": "Try my cas\ufe0fino",
    "filler": "Try my cas\u3164ino",
    "directions": "Try my cas\u202a\u202cino",
    "plain quote": "> Try my ca*si*no",
}


def a_text(body: str, quoted: dict[int, QuotedText] | None = None) -> ScreenedText:
    html = render(body, site=SITE).html
    return ScreenedText(body=body, html=html, site=SITE, now=clock.now(), quoted=quoted or {})


def found(test: dict[str, Any], body: str, quoted: dict[int, QuotedText] | None = None) -> Finding | None:
    return apply_test(msgspec.convert(test, RuleTest), a_text(body, quoted))


@pytest.mark.parametrize(
    "kind", [{"kind": "phrases", "phrases": ["casino"]}, {"kind": "pattern", "pattern": "casino"}]
)
@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_word_is_found_whatever_it_is_made_of(kind: dict[str, Any], disguise: str) -> None:
    assert found(kind, DISGUISES[disguise])


@pytest.mark.parametrize(
    "body", ["Their cas inoculates", "Two cas\n\nino", "a | b\n-|-\ncas | ino", "- cas\n- ino", "casi-no"]
)
def test_words_that_readers_do_not_see_as_one_are_not_joined(body: str) -> None:
    assert not found({"kind": "phrases", "phrases": ["casino"]}, body)


def test_words_go_on_over_the_end_of_a_line() -> None:
    for body in ("cheap\ngold", "cheap\\\ngold", "cheap&nbsp;&nbsp;gold", "> cheap\n> gold", "cheap *gold*"):
        assert found({"kind": "phrases", "phrases": ["cheap gold"]}, body), body


def test_a_pattern_is_looked_for_in_what_was_typed_too() -> None:
    assert found({"kind": "pattern", "pattern": r"\]\(https?://"}, "[mine](https://a.example)")
    assert found({"kind": "pattern", "pattern": "&#97;"}, "c&#97;sino")


@pytest.mark.parametrize(
    "target",
    [
        "https://c%61sino.example",
        "https://\uff43asino.example",
        "https://casino\u3002example",
        "https://cas\u00adino.example",
        "https://me@you@casino.example",
        f"https://{'m' * 300}@casino.example",
        f"https://casino.example/{'x' * 2_500}",
        "https:casino.example",
        "http:/casino.example",
    ],
)
def test_a_domain_is_found_as_browsers_read_it(target: str) -> None:
    assert found({"kind": "domains", "domains": ["casino.example"]}, f"[x]({target})")


QUOTED = {
    7: QuotedText(
        "Try my ca*si*no at https://shop.example",
        render("Try my ca*si*no at https://shop.example").html,
        False,
    )
}


@pytest.mark.parametrize(
    "test",
    [
        {"kind": "phrases", "phrases": ["casino"]},
        {"kind": "pattern", "pattern": "casino"},
        {"kind": "pattern", "pattern": r"ca\*si\*no"},
        {"kind": "links", "most": 0},
        {"kind": "domains", "domains": ["shop.example"]},
    ],
)
def test_quoted_words_are_words_of_the_text(test: dict[str, Any]) -> None:
    for body in ("[[quote 7]]", "[[quote 7]]\n\nNo.", "> [[quote 7]]", "[[quote &#55;]]\n\n[[quote 7]]"):
        if test.get("pattern") != r"ca\*si\*no" or "&" not in body:
            assert found(test, body, QUOTED), body
        assert not found(test, body)


def test_what_others_have_really_said_is_not_the_authors_own() -> None:
    body, html = "[[quote 7]]\n\nI doubt it.", render("[[quote 7]]\n\nI doubt it.").html
    freely = TextViews(body=body, html=html, quoted=QUOTED)
    exact = TextViews(body=body, html=html, quoted={7: QuotedText(QUOTED[7].body, QUOTED[7].html, True)})

    assert "casino" in freely.own and "casino" in freely.shown and "casino" in exact.shown
    assert exact.own == "I doubt it."
    assert make_sketch(freely.own) and not make_sketch(exact.own)


@given(st.text(alphabet="ab *_`~&#;<>[]()!\n\\\"'|-^:/.", max_size=120))
def test_words_of_any_text_are_its_words(body: str) -> None:
    words = extract_words(render(body, site=SITE).html)
    typed = [sign for sign in body if sign in "ab"]

    assert "\u0000" not in words
    if not set(body) & set("&#;[]()!^:/.`|\"'\\"):
        assert [sign for sign in words if sign in "ab"] == typed


def quoting(post: dict[str, Any], words: str) -> str:
    return f"> [Mia, #{post['number']}](/p/{post['id']}):\n> {words}\n\nI doubt it."


@pytest.mark.parametrize("disguise", [name for name, body in DISGUISES.items() if "/files/" not in body])
async def test_a_reply_is_held_by_what_readers_would_see(filtered: FilteredTopic, disguise: str) -> None:
    held = await filtered.held(DISGUISES[disguise])

    assert held["state"] == "held"


async def test_a_quotation_hides_nothing_and_the_moderators_are_shown_what_was_found(
    filtered: FilteredTopic,
) -> None:
    post = await a_reply(filtered.member, filtered.topic, "About cobalt")

    held = await filtered.held(quoting(post, "Try my ca*si*no"))

    assert not any("si</em>no" in html for html in await filtered.bodies(filtered.member))
    [match] = (await filtered.case())["matches"]
    assert match["passages"][0]["match"] == "casino"
    number = await raw_sql(filtered.app.db).fetchval("SELECT max(id) FROM quotations")
    assert held["body"].startswith("> [")
    await filtered.held(f"[[quote {number}]]\n\nSo it is said.")
    assert (await a_reply(filtered.ada, filtered.topic, quoting(post, "Try my casino")))[
        "state"
    ] == "published"


async def test_the_words_of_a_post_that_was_taken_back_are_looked_at(filtered: FilteredTopic) -> None:
    post = await a_reply(filtered.author, filtered.topic, "About cobalt")
    await filtered.held(quoting(post, "Try my casino"))
    number = await raw_sql(filtered.app.db).fetchval("SELECT max(id) FROM quotations")
    assert (await filtered.author.delete(f"/posts/{post['id']}")).status_code in {200, 204}

    held = await filtered.held(f"[[quote {number}]]")

    assert held["state"] == "held", "the post may come back, and its words with it"


async def test_a_trial_looks_at_the_words_that_the_screen_looks_at(
    app: Service, filtered: FilteredTopic
) -> None:
    await filtered.ada.delete(f"/rules/{filtered.rule}/force")
    for context in app.contexts:
        context.screening.invalidate()
    post = await a_reply(filtered.member, filtered.topic, "About cobalt")
    bodies = [*(text for text in DISGUISES.values() if "/files/" not in text), quoting(post, "Try my casino")]
    for body in bodies:
        await a_reply(filtered.author, filtered.topic, body)

    given = {"name": "Casinos", "sector": "mobility", "test": {"kind": "phrases", "phrases": ["casino"]}}
    tried = (await filtered.ada.post("/rules/trials", given)).json()

    assert tried["caught"] == len(bodies)


Publish = Callable[[Service, FilteredTopic, str], Awaitable[object]]


async def _reply(app: Service, filtered: FilteredTopic, body: str) -> object:
    return await filtered.author.post(f"/topics/{filtered.topic}/posts", {"body": body})


async def _topic(app: Service, filtered: FilteredTopic, body: str) -> object:
    return await filtered.author.post("/sectors/mobility/topics", {"title": "About tin", "body": body})


async def _edit(app: Service, filtered: FilteredTopic, body: str) -> object:
    post = await a_reply(filtered.author, filtered.topic, "About nickel")
    return await filtered.author.patch(f"/posts/{post['id']}", {"body": body})


async def _question(app: Service, filtered: FilteredTopic, body: str) -> object:
    open_room = await make_open_room(app)
    return await open_room.ask(await open_room.member(), body)


async def _notice(app: Service, filtered: FilteredTopic, body: str) -> object:
    open_room = await make_open_room(app)
    await change_room(open_room, modules=["questions", "board"])
    column = (await open_room.host.get(f"/rooms/{open_room.room}/columns")).json()["items"][0]["id"]
    given = {"column": column, "title": "Looking", "body": body}
    return await (await open_room.member()).post(f"/rooms/{open_room.room}/notices", given)


async def _notice_edit(app: Service, filtered: FilteredTopic, body: str) -> object:
    open_room = await make_open_room(app)
    await change_room(open_room, modules=["questions", "board"])
    column = (await open_room.host.get(f"/rooms/{open_room.room}/columns")).json()["items"][0]["id"]
    given, member = {"column": column, "title": "Looking", "body": "for tin"}, await open_room.member()
    notice = (await member.post(f"/rooms/{open_room.room}/notices", given)).json()
    return await member.patch(f"/notices/{notice['id']}", {"body": body}, notice["version"])


async def _entry(app: Service, filtered: FilteredTopic, body: str) -> object:
    return await (await a_board(app)).add("Tin", what=body)


async def _entry_change(app: Service, filtered: FilteredTopic, body: str) -> object:
    table = await a_board(app)
    entry = await table.add("Tin")
    return await table.member.patch(f"/entries/{entry['id']}", {"fields": {"what": body}})


async def _note(app: Service, filtered: FilteredTopic, body: str) -> object:
    table = await a_board(app)
    entry, other = await table.add("Tin"), await a_person(app, "Other")
    noted = await other.put(f"/entries/{entry['id']}/confirmations/do_too", {"note": body})
    assert noted.status_code < 300, noted.text
    return noted


VERBS: dict[str, Publish] = {
    "reply": _reply,
    "topic": _topic,
    "edit": _edit,
    "question": _question,
    "notice": _notice,
    "notice edit": _notice_edit,
    "entry": _entry,
    "entry change": _entry_change,
    "note": _note,
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("disguise", ["emphasis", "entity", "quotation"])
async def test_whatever_is_published_is_looked_at_as_readers_see_it(
    app: Service, filtered: FilteredTopic, verb: str, disguise: str
) -> None:
    other = await a_topic(filtered.member, body="About cobalt", sector="mobility")
    first = (await filtered.member.get(f"/topics/{other['id']}/posts")).json()["items"][0]
    body = quoting(first, "Try my casino") if disguise == "quotation" else DISGUISES[disguise]

    await VERBS[verb](app, filtered, body)

    assert (await filtered.ada.get(f"/rules/{filtered.rule}")).json()["measured"]["caught"] == 1
    assert (
        await raw_sql(app.db).fetchval("SELECT count(*) FROM rule_matches WHERE rule_id = $1", filtered.rule)
        == 1
    )


async def test_a_title_is_looked_at_without_the_signs_that_nobody_sees(
    app: Service, filtered: FilteredTopic
) -> None:
    await filtered.ada.delete(f"/rules/{filtered.rule}/force")
    await activate_filter(app, filtered.ada, test={"kind": "pattern", "pattern": "casino"})

    given = {"title": "My cas\u200bino", "body": "Come in"}
    assert (await filtered.author.post("/sectors/mobility/topics", given)).status_code == 202

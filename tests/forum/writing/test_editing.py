"""Tests of editing: silent first edits, the history, simultaneous edits, and shared posts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from forum.text.diff import compare, merge_changes
from tests.support.pages import send, text_in
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql
from tests.support.uploads import a_member


@contextmanager
def later(**by: float) -> Iterator[None]:
    """Some time from now."""
    with clock.stop_at(clock.now() + timedelta(**by)):
        yield


async def edit(person: Person, post: int, body: str, version: int | None = None) -> httpx2.Response:
    """Give a post another text."""
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return await person.patch(f"/posts/{post}", {"body": body}, headers=headers)


async def said(person: Person, post: int) -> list[str]:
    """All that the history shows, the newest first."""
    return [one["body"] for one in (await person.get(f"/posts/{post}/revisions")).json()["items"]]


async def test_what_is_put_right_at_once_is_no_version(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    moderator = await a_person(app, "Mira", duties=[("moderator", "mobility")])
    post = (await a_reply(amina, (await a_topic(amina))["id"], "frist"))["id"]

    with later(seconds=299):
        edited = (await edit(amina, post, "first")).json()
    assert edited["edited_at"] is None and edited["version"] == 2
    assert await said(jonas, post) == ["first"]
    assert await said(moderator, post) == ["first", "frist"]
    with later(seconds=301):
        assert (await edit(amina, post, "second")).json()["edited_at"]
    assert await said(jonas, post) == ["second", "first"]


@pytest.mark.parametrize("met", ["answered", "reacted to"])
async def test_what_somebody_has_met_is_changed_for_all_to_see(app: Service, met: str) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic, "first"))["id"]
    if met == "answered":
        await a_reply(jonas, topic, "Really?", parent=post)
    else:
        await jonas.put(f"/posts/{post}/reactions/agree")
    assert (await edit(amina, post, "second")).json()["edited_at"]
    assert await said(jonas, post) == ["second", "first"]


async def test_a_post_says_again_what_it_said(app: Service) -> None:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    post = (await a_reply(amina, (await a_topic(amina))["id"], "One *fine* day.\n\nEnd."))["id"]
    with later(hours=1):
        await edit(amina, post, "One grey day.\n\nEnd.")
    page = (await amina.client.get(f"/p/{post}/history")).text
    assert "One <del>*fine*</del><ins>grey</ins> day." in page and 'name="version" value="1"' in page
    assert 'name="version"' not in (await jonas.client.get(f"/p/{post}/history")).text

    with later(hours=2):
        back = await send(amina, f"/p/{post}/back", version="1")
        assert back.status_code == 303
        assert (await amina.post(f"/posts/{post}/revisions", {"version": 7})).status_code == 404
        refused = await jonas.post(f"/posts/{post}/revisions", {"version": 2})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
    assert [text[:8] for text in await said(jonas, post)] == ["One *fin", "One grey", "One *fin"]


async def test_several_edit_what_its_author_shares(app: Service) -> None:
    amina, jonas, newcomer = (
        await a_person(app),
        await a_member(app, "Jonas"),
        await a_person(app, "Newcomer"),
    )
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic, "A list\n\n- one"))["id"]
    assert (await edit(jonas, post, "x")).json()["code"] == "not_yours"
    assert (await jonas.put(f"/posts/{post}/sharing")).json()["code"] == "not_yours"

    async with app.listening(f"topic:{topic}", amina.token) as feed:
        assert (await amina.put(f"/posts/{post}/sharing")).json()["is_shared"]
        assert (await feed.next())["event"]["post"]["is_shared"]

    refused = await edit(newcomer, post, "x")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_trusted_yet")
    assert (await edit(jonas, post, "A list\n\n- one\n- two")).status_code == 200
    assert await said(newcomer, post) == ["A list\n\n- one\n- two", "A list\n\n- one"]
    wrote = [one["by"]["handle"] for one in (await amina.get(f"/posts/{post}/revisions")).json()["items"]]
    assert wrote == [jonas.handle, amina.handle]
    assert [item["kind"] for item in (await amina.get("/inbox")).json()["items"]] == ["edited"]
    page = (await jonas.client.get(f"/t/{topic}/cobalt-tracing")).text
    assert "shared post" in page and f'href="/p/{post}/edit"' in page and f'value="{post} 0"' not in page
    await send(amina, "/p/set", share=f"{post} 0")
    assert (await edit(jonas, post, "x")).json()["code"] == "not_yours"


async def test_two_who_change_other_lines_change_both(app: Service) -> None:
    amina, jonas = await a_person(app), await a_member(app, "Jonas")
    post = (await a_reply(amina, (await a_topic(amina))["id"], "one\n\ntwo\n\nthree"))["id"]
    await amina.put(f"/posts/{post}/sharing")
    assert (await edit(amina, post, "ONE\n\ntwo\n\nthree", 1)).status_code == 200

    merged = await edit(jonas, post, "one\n\ntwo\n\nTHREE", 1)

    assert merged.status_code == 200
    assert (await said(amina, post))[0] == "ONE\n\ntwo\n\nTHREE"


async def test_of_two_who_change_the_same_line_none_loses_anything(app: Service) -> None:
    amina, jonas = await a_person(app), await a_member(app, "Jonas")
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic, "one\n\ntwo"))["id"]
    await amina.put(f"/posts/{post}/sharing")
    await edit(amina, post, "one\n\nzwei", 1)
    draft = {"body": "one\n\ndeux", "sequence": 0, "owner": "w"}
    await jonas.put(f"/drafts/edit:{post}", draft)

    refused = await edit(jonas, post, "one\n\ndeux", 1)
    assert (refused.status_code, refused.json()["code"]) == (412, "stale")
    page = await send(jonas, f"/p/{post}/edit", body="one\n\ndeux", version="1", draft=f"edit:{post}")

    assert page.status_code == 412
    assert "<ins>zwei</ins>" in page.text and "<del>deux</del>" in page.text
    assert text_in(page.text) == "one\n\ndeux" and 'name="version" value="2"' in page.text
    assert (await jonas.get(f"/drafts/edit:{post}")).json()["body"] == "one\n\ndeux", (
        "a refusal ends no draft"
    )
    saved = await send(jonas, f"/p/{post}/edit", body="one\n\nzwei, deux", version="2", draft=f"edit:{post}")
    assert saved.status_code == 303
    assert await said(jonas, post) == ["one\n\nzwei, deux", "one\n\nzwei", "one\n\ntwo"]
    assert (await jonas.get(f"/drafts/edit:{post}")).json()["body"] == ""


async def test_what_was_put_right_at_once_is_not_written_over_either(app: Service) -> None:
    amina = await a_person(app)
    post = (await a_reply(amina, (await a_topic(amina))["id"], "one\n\ntwo"))["id"]
    await edit(amina, post, "one\n\nzwei", 1)
    assert (await edit(amina, post, "one\n\ndeux", 1)).status_code == 412
    assert (await edit(amina, post, "eins\n\ntwo", 1)).status_code == 200
    assert await said(amina, post) == ["eins\n\nzwei"]


async def test_hiding_and_giving_back_change_no_text(app: Service) -> None:
    amina = await a_person(app)
    post = (await a_reply(amina, (await a_topic(amina))["id"], "one"))["id"]
    await amina.delete(f"/posts/{post}")
    await amina.delete(f"/posts/{post}/withdrawal")
    assert (await edit(amina, post, "two", 1)).status_code == 200


@pytest.mark.parametrize("where", ["room", "anonymous"])
async def test_what_stands_in_rooms_is_not_shared(app: Service, where: str) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    post = (await a_reply(amina, topic))["id"]
    if where == "room":
        await raw_sql(app.db).execute("UPDATE topics SET kind = 'room' WHERE id = $1", topic)
    else:
        amina = await a_person(app, "Mira", duties=[("moderator", "mobility")])
        await raw_sql(app.db).execute("UPDATE posts SET author_id = NULL WHERE id = $1", post)
    refused = await amina.put(f"/posts/{post}/sharing")
    assert (refused.status_code, refused.json()["code"]) == (409, "shared_by_nobody")


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("a b c", "a x c", [("same", "a "), ("removed", "b"), ("added", "x"), ("same", " c")]),
        ("same\nold", "same\nnew", [("same", "same\n"), ("removed", "old"), ("added", "new")]),
        ("", "new", [("added", "new")]),
        ("x", "x", [("same", "x")]),
    ],
)
def test_words_are_compared(before: str, after: str, pieces: list[Any]) -> None:
    assert [(piece.kind, piece.text) for piece in compare(before, after)] == pieces


def test_a_comparison_holds_both_texts_whole() -> None:
    before, after = "word " * 9_000 + "\nend", "words " * 9_000 + "\nEnd"
    pieces = compare(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "merged"),
    [
        ("a\n\nb", "A\n\nb", "a\n\nB", "A\n\nB"),
        ("a", "A", "A", "A"),
        ("a", "a\n\nb", "c\n\na", "c\n\na\n\nb"),
        ("a", "b", "c", None),
        ("a", "a", "", ""),
    ],
)
def test_two_changes_of_one_text_are_merged(base: str, theirs: str, mine: str, merged: str | None) -> None:
    assert merge_changes(base, theirs, mine) == merged


_LINES = st.lists(st.sampled_from("abcde"), max_size=8).map("\n".join)


@given(_LINES, _LINES, _LINES)
def test_merging_is_symmetrical_and_loses_no_change(base: str, one: str, other: str) -> None:
    """A merge does not depend on who was first; a text that only one side changed becomes that side's text."""
    assert merge_changes(base, one, other) == merge_changes(base, other, one)
    assert merge_changes(base, one, base) == merge_changes(base, one, one) == one

"""Tests of the check whether anything of a text can be seen: every kind of character without ink, every kind of text."""

import unicodedata
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, get_args

import httpx2
import msgspec
import pytest

from boards.entries.field_values import AnswerMissing, validate_values
from boards.shapes import Field, Form
from core.text import INVISIBLE, LongText, Name, Title
from core.visible import NothingVisible, WrongLength, ensure_input_visible, is_visible
from forum.archive.subjects import title_from_subject
from forum.text.markdown import render
from tests.support.pages import send
from tests.support.people import a_person, a_topic
from tests.support.requests import GOOD, ROUTES
from tests.support.service import Service

BLANK = {
    "spaces": " \t\n\xa0\u1680\u2003\u202f\u3000",
    "zero-width": "\u200b\u200c\u200d\u2060\ufeff",
    "direction marks": "\u200e\u200f\u061c\u202a\u202e\u202c\u2066\u2069",
    "combining marks": "\u0301\u0489\u20dd\u0e31\u0940",
    "Hangul fillers": "\u3164\u115f\u1160\uffa0",
    "braille blank": "\u2800",
    "tags": "\U000e0001\U000e0041\U000e007f",
    "variation selectors": "\ufe00\ufe0f\U000e0100\u180b\u180f",
    "soft hyphens": "\u00ad\u00ad",
    "joiners": "\u034f\u17b4\u17b5\u2061\u2064",
    "private use": "\ue000\U000f0000\U0010fffd",
    "unassigned": "\u0378\u2065\ufff0\U000e0fff\U0003ffff",
    "controls": "\x00\x1b\x7f\x9f",
    "annotation": "\ufff9\ufffa\ufffb\ufffc",
    "notation": "\U0001d159\U0001d173\U0001bca0\U00013441",
}
SEEN = (
    "a",
    "1",
    "\u4e2d",
    "\u0628",
    "\u0915\u093f",
    "\u0e01",
    "!",
    "\u061f",
    "\u2026",
    "\u20ac",
    "\U0001f44d",
    "\u2764\ufe0f",
    "\u2801",
    "\ufffd",
    "\u200bx\u200b",
)


@pytest.mark.parametrize("kind", BLANK)
def test_nothing_is_seen_of_characters_without_ink(kind: str) -> None:
    assert not is_visible(BLANK[kind])
    assert not any(map(is_visible, BLANK[kind]))
    assert is_visible(BLANK[kind] + "x")


@pytest.mark.parametrize("text", SEEN)
def test_letters_digits_and_signs_are_seen_in_every_script(text: str) -> None:
    assert is_visible(text)


def test_an_empty_text_is_not_seen() -> None:
    assert not is_visible("")


def test_unicode_form_and_case_make_nothing_visible() -> None:
    for text in BLANK.values():
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            assert not is_visible(unicodedata.normalize(form, text.casefold()))


class Named(msgspec.Struct):
    """Texts with lengths, as in input."""

    title: Title = "good"
    speakers: list[Name] = []
    about: LongText | None = None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Named(title=" a "), "This is too short: at least 3 characters."),
        # In composed form each becomes three characters.
        (Named(title="\ufb2c" * 300), "This is too long: at most 300 characters."),
        (Named(speakers=["Ada", "\ufb2c" * 60]), "This is too long: at most 60 characters."),
        (Named(about="\ufb2c" * 5_000), "This is too long: at most 5000 characters."),
    ],
)
def test_a_text_has_its_length_as_it_is_stored(given: Named, why: str) -> None:
    msgspec.convert(msgspec.to_builtins(given), Named)
    with pytest.raises(WrongLength) as refused:
        ensure_input_visible(given)
    assert refused.value.detail == why
    ensure_input_visible(Named("abc", ["\ufb2c" * 20], "e\u0301" * 2_500))


# Texts that nobody else reads, and values that must be among known ones.
NOT_READ = {
    *((operation, "token") for operation in ("found", "verify")),
    *(
        (operation, "password")
        for operation in ("sign_in", "change_address", "request_erasure", "request_account_erasure")
    ),
    ("change_password", "current"),
    ("save_draft", "body"),
    ("send_report", "address"),
    ("add_entry", "fields"),  # A blank value of an entry is none: boards/entries/field_values.py.
}


def texts_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each text in a JSON value."""
    if isinstance(value, str):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from texts_in(item, (*path, key))


def with_text(value: Any, path: tuple[Any, ...], text: str) -> Any:
    changed = within = deepcopy(value)
    for key in path[:-1]:
        within = within[key]
    within[path[-1]] = text
    return changed


@pytest.mark.parametrize("blank", ["\u3164\u3164\u3164", "\u200b\u200b\u200b", "\u2800\u2800\u2800"])
def test_no_operation_accepts_a_text_of_nothing_visible(blank: str) -> None:
    accepted = set()
    for route in ROUTES:
        operation, data = str(route.operation_id), route.fn.__annotations__.get("data")
        for path in texts_in(GOOD[operation]) if data is not None else ():
            try:
                ensure_input_visible(
                    msgspec.convert(with_text(GOOD[operation], path, blank), get_args(data)[0])
                )
                accepted.add((operation, path[0]))
            except (NothingVisible, msgspec.ValidationError):
                pass
    assert accepted == NOT_READ


TITLES = [
    "\u3164" * 3,
    "\u2800\u2800\u2800",
    "\u200b\u200b\u200b",
    "\u200f\u200e\u200f",
    "\u00ad\u00ad\u00ad\u00ad",
    "   ",
    "\u0301\u0301\u0301",
    "\ue000\ue000\ue000",
    "\U000e0041\U000e0042\U000e0043",
]


@pytest.mark.parametrize("blank", TITLES)
async def test_a_title_name_post_or_room_of_nothing_visible_is_refused(app: Service, blank: str) -> None:
    amina = await a_person(app, duties=[("administrator", None)])
    topic = (await a_topic(amina))["id"]

    refused = {
        "title": await amina.post("/sectors/mobility/topics", {"title": blank, "body": "Text"}),
        "body": await amina.post(f"/topics/{topic}/posts", {"body": blank}),
        "display_name": await amina.patch("/me/profile", {"display_name": blank}),
    }

    for field, answer in refused.items():
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (
            422,
            "nothing_visible",
            field,
        )


async def test_a_new_member_has_a_name_and_an_address_that_can_be_seen(
    app: Service, client: httpx2.AsyncClient
) -> None:
    given = {"handle": "ines", "email": "ines@example.org", "password": "a long enough password"}

    async def code(**changed: str) -> object:
        answer = await client.post("/api/v1/accounts", json=given | changed)
        return answer.json()["code"] if answer.status_code >= 400 else answer.status_code

    assert await code(display_name="\u3164\u2800") == "nothing_visible"
    for hidden in (
        "\u200bines@example.org",
        "ines\u00ad@example.org",
        "\u3164@example.org",
        "ines@exam\u200dple.org",
    ):
        assert await code(email=hidden) == "invalid"
    assert await code(display_name="In\u00e9s") == 201


@pytest.mark.parametrize(
    "body", ["[a]: https://example.org", "&#8203;&zwnj;", "[](https://example.org)", "&#12644;"]
)
async def test_a_post_of_which_readers_would_see_nothing_is_refused(app: Service, body: str) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    assert is_visible(body) and render(body)

    answer = await amina.post(f"/topics/{topic}/posts", {"body": body})
    started = await amina.post("/sectors/mobility/topics", {"title": "Title", "body": body})
    first = (await amina.get(f"/topics/{topic}/posts")).json()["items"][0]
    edited = await amina.patch(f"/posts/{first['id']}", {"body": body}, headers={"If-Match": '"1"'})

    assert {one.json()["code"] for one in (answer, started, edited)} == {"nothing_visible"}
    assert (await amina.get(f"/topics/{topic}/posts")).json()["items"] == [first]


@pytest.mark.parametrize(
    "body", ["---", "- [ ]", "\\*", "?", "\U0001f44d", "&copy;", "`\u3164`!", "1", "<br>"]
)
async def test_a_post_of_one_sign_is_taken(app: Service, body: str) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]

    assert (await amina.post(f"/topics/{topic}/posts", {"body": body})).status_code == 201


async def test_a_form_names_the_field_of_which_nothing_can_be_seen(app: Service) -> None:
    amina = await a_person(app)

    page = await send(amina, "/s/mobility/new", title="\u2800\u2800\u2800", body="My text")

    assert (
        page.status_code == 422 and "This has no visible characters" in page.text and "My text" in page.text
    )


@pytest.mark.parametrize("blank", TITLES)
def test_a_required_field_or_a_subject_of_nothing_visible_is_empty(blank: str) -> None:
    form = Form(fields=[Field(key="name", label="Name", type="text", required=True)])

    with pytest.raises(AnswerMissing):
        validate_values(form, {"name": blank}, {})
    assert title_from_subject(f"Re: {blank}", is_reply=True) == "(no subject)"


def test_every_character_of_the_list_is_outside_of_ascii_and_white_space() -> None:
    assert not INVISIBLE.isascii() and not any(character.isspace() for character in INVISIBLE)


async def test_two_names_that_differ_look_different(app: Service, client: httpx2.AsyncClient) -> None:
    amina = await a_person(app)
    account = {"handle": "ines", "email": "ines@example.org", "password": "a long enough password"}

    changed = await amina.patch("/me/profile", {"display_name": "\u3164Cobalt\u200b  team\ufeff"})
    made = await client.post("/api/v1/accounts", json=account | {"display_name": "Cobalt\u00ad \u2800team"})

    assert changed.json()["display_name"] == "Cobalt team"
    assert made.status_code == 201
    profile = await client.get("/api/v1/members/ines")
    assert profile.json()["display_name"] == "Cobalt team"

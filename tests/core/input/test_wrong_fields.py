"""All wrong fields of an input are found at once, and the one that msgspec names comes first."""

from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, Struct

from core.errors import Conflict, Invalid, NotFound, Refusal, every_refusal
from core.input.wrong_fields import refuse_every_field
from core.text import Title
from core.visible import ensure_input_visible
from tertulia.http.json_requests import refusal_of


class Inner(Struct, forbid_unknown_fields=True):
    """A part of the input."""

    rule: Title
    facts: Title = "None"


class Outer(Struct, forbid_unknown_fields=True):
    """An input with a field of each kind."""

    title: Title
    count: Annotated[int, Meta(ge=1)]
    reason: Inner | None = None
    texts: dict[str, Title] = {}


def found_in(given: dict[str, Any]) -> list[tuple[str | None, str]]:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(given, Outer)
    refusal = refuse_every_field(Outer, given, caught.value, refusal_of)
    return [(each.field, each.code) for each in refusal.every]


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"title": "x", "count": 1}, ["title"]),
        ({"title": "x", "count": 0}, ["title", "count"]),
        ({"count": "1", "title": "x"}, ["count", "title"]),
        ({"title": 7}, ["title", "count"]),
        ({"title": "Good", "count": 0, "reason": {"rule": "x", "facts": "y"}}, ["count", "reason.rule", "reason.facts"]),
        ({"title": "Good", "count": 0, "reason": "none"}, ["count", "reason"]),
        ({"title": "Good", "count": 1, "texts": {"en": "x", "fr": "Bon"}}, ["texts.en"]),
    ],
)  # fmt: skip
def test_every_wrong_field_is_named(given: dict[str, Any], fields: list[str]) -> None:
    assert sorted(str(field) for field, _ in found_in(given)) == sorted(fields)


def test_the_field_that_was_named_alone_comes_first() -> None:
    given = {"title": "Good", "count": 0, "reason": {"rule": "x"}}
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(given, Outer)
    alone = refusal_of(str(caught.value))
    first = refuse_every_field(Outer, given, caught.value, refusal_of)
    assert (first.field, first.detail) == (alone.field, alone.detail)


def test_texts_of_which_nothing_is_seen_are_found_beside_others() -> None:
    assert found_in({"title": "\u200b\u200b\u200b", "count": 0}) == [
        ("count", "invalid"),
        ("title", "nothing_visible"),
    ]
    with pytest.raises(Invalid) as caught:
        ensure_input_visible(Inner(rule="\u200b" * 3, facts="\u2800" * 3))
    assert [each.field for each in caught.value.every] == ["rule", "facts"]


def test_an_unknown_field_stays_the_first_refusal() -> None:
    fields = [field for field, _ in found_in({"title": "x", "count": 1, "author": 7})]
    assert fields[-1] == "title"


def refuse_with(*refusals: Refusal, last: Refusal) -> None:
    with every_refusal() as each:
        for refusal in refusals:
            with each.check():
                raise refusal
        raise last


def test_refusals_of_fields_are_collected() -> None:
    found = [Conflict(field="handle"), Invalid(field="email"), Invalid("Again", field="email")]
    with pytest.raises(Conflict) as caught:
        refuse_with(*found, last=Invalid(field="accepted"))
    assert [one.field for one in caught.value.every] == ["handle", "email", "accepted"]


def test_a_refusal_that_is_not_about_a_field_is_raised_at_once() -> None:
    with pytest.raises(NotFound):
        refuse_with(Invalid(field="email"), last=NotFound())


def test_of_thousands_of_wrong_texts_a_hundred_are_put_into_words() -> None:
    given = {"title": "Cobalt", "count": 1, "texts": {f"k{number}": number for number in range(20_000)}}
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(given, Outer)
    worded: list[str] = []

    def in_words(message: str) -> Invalid:
        worded.append(message)
        return refusal_of(message)

    refusal = refuse_every_field(Outer, given, caught.value, in_words)
    assert len(refusal.every) == 100 and len(worded) <= 101

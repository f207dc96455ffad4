"""Whether anything of a text can be seen: one check for titles, names, posts, tags and addresses."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct, inspect

from core.errors import Collector, Invalid
from core.languages.texts import translatable
from core.text import INVISIBLE, tidy

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
# The characters, as in a set of a regular expression, that have no ink and turn the direction of the text around them
# (Unicode annex 9, 2).
DIRECTION_MARKS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# Letters, numbers, punctuation and symbols have ink. Marks need a base; separators, controls, private use and unassigned
# code points have none.
_CATEGORIES_WITH_INK = frozenset("LNPS")


class NothingVisible(Invalid):
    """The text consists of characters that nobody can see, such as blanks, zero-width characters or fillers."""

    message = translatable("This has no visible characters. Enter at least one letter, digit or symbol.")


TOO_SHORT = translatable("This is too short: at least %(least)s characters.")
TOO_LONG = translatable("This is too long: at most %(most)s characters.")


class WrongLength(Invalid):
    """The text is shorter or longer than it may be when it is stored: without blanks at its ends, and in composed form,
    which is longer for some characters."""

    message = translatable("This is too short or too long.")


def is_invisible(character: str) -> bool:
    """Return whether a character has no ink, so that nobody can type it who reads it."""
    return _INVISIBLE.match(character) is not None


def is_visible(text: str) -> bool:
    """Return whether at least one character of a text can be seen: a letter, number, punctuation mark or symbol with ink."""
    return any(
        unicodedata.category(character)[0] in _CATEGORIES_WITH_INK and not is_invisible(character)
        for character in text
    )


def strip_invisible(text: str) -> str:
    """Return a text without the characters that have no ink; white space and combining marks stay."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def ensure_visible(text: str, field: str | None = None) -> None:
    """Raise NothingVisible with the field if nothing of the text can be seen."""
    if not is_visible(text):
        raise NothingVisible(field=field)


def ensure_input_visible(given: object) -> None:
    """Raise NothingVisible with the field if input has a text of which nothing can be seen, or WrongLength.

    A text that may be left out may also be blank: empty, or white space. Those with a least length must not. Passwords,
    tokens and drafts (`Meta(extra=UNSEEN)`) are not looked at.
    """
    if isinstance(given, Struct):
        each = Collector()
        for name, need in _texts_in(type(given)).items():
            # This runs for every request: a context manager for each field would take as long as the check.
            try:
                _check(getattr(given, name), name, need)
            except Invalid as refusal:
                each.found += refusal.every
        each.refuse()
    elif isinstance(given, list | tuple):
        for item in given:
            ensure_input_visible(item)


def ensure_value_visible(shape: type[Struct], name: str, value: object) -> None:
    """Raise NothingVisible or WrongLength as `ensure_input_visible` does, for the value of one field of the Struct."""
    need = _texts_in(shape).get(name)
    if need is not None:
        _check(value, name, need)


class _Text(Struct, frozen=True):
    """What is wanted of a text: its least and greatest length, if it has any."""

    least: int = 0
    most: int | None = None
    is_unseen: bool = False


def _check(value: object, field: str, need: _Text) -> None:
    if isinstance(value, str):
        if need.least or value.strip():
            ensure_visible(value, field)
        _ensure_length(value, field, need)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, field, need)
    elif isinstance(value, dict):
        for item in value.values():
            # Texts by language; the values of an entry are checked by the form of its board.
            _check(item, field, need) if isinstance(item, str) and need.most else ensure_input_visible(item)
    elif isinstance(value, Struct):
        ensure_input_visible(value)


# A character in composed form has at most three others.
_MOST_TIMES = 3


def _ensure_length(value: str, field: str, need: _Text) -> None:
    may_be_long = need.most is not None and len(value) * _MOST_TIMES > need.most
    if need.least <= 1 and not may_be_long:
        return
    length = len(tidy(value))
    if length < need.least:
        raise WrongLength(TOO_SHORT, field=field, least=need.least)
    if need.most is not None and length > need.most:
        raise WrongLength(TOO_LONG, field=field, most=need.most)


@cache
def _texts_in(kind: type[Struct]) -> Mapping[str, _Text]:
    # The fields that can contain text which others read.
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType)
    found = {one.name: _text_of(one.type) for one in shape.fields if _may_contain_text(one.type)}
    return {name: text for name, text in found.items() if not text.is_unseen}


def _may_contain_text(kind: inspect.Type) -> bool:
    return not isinstance(kind, inspect.IntType | inspect.FloatType | inspect.BoolType | inspect.DateTimeType)


def _text_of(kind: Any) -> _Text:
    if isinstance(kind, inspect.Metadata):
        return _Text(is_unseen=True) if (kind.extra or {}).get("unseen") else _text_of(kind.type)
    if isinstance(kind, inspect.UnionType):
        texts = list(map(_text_of, kind.types))
        least, most = (
            max(text.least for text in texts),
            [text.most for text in texts if text.most is not None],
        )
        return _Text(least, max(most, default=None), any(text.is_unseen for text in texts))
    if isinstance(kind, inspect.CollectionType):
        return _text_of(kind.item_type)
    if isinstance(kind, inspect.DictType):
        return _text_of(kind.value_type)
    if isinstance(kind, inspect.StrType):
        return _Text(kind.min_length or 0, kind.max_length)
    return _Text()

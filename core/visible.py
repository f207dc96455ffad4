"""Whether anything of a text can be seen: one check for titles, names, posts, tags and addresses."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from msgspec import Struct, inspect

from core.errors import Invalid
from core.languages.texts import translatable

# Characters without ink that are neither white space nor combining marks: Default_Ignorable_Code_Point of Unicode's
# DerivedCoreProperties.txt (soft hyphen, zero-width and direction marks, Hangul fillers, variation selectors, tags), marks
# of annotation, and what fonts draw as nothing: braille blank, null notehead, blank hieroglyphs, object replacement.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\U00013441\U00013442\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
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
    """Raise NothingVisible with the field if input has a text of which nothing can be seen.

    A text that may be left out may also be blank: empty, or white space. Those with a least length must not. Passwords,
    tokens and drafts (`Meta(extra=UNSEEN)`) are not looked at.
    """
    if isinstance(given, Struct):
        for name, need in _texts_in(type(given)).items():
            _check(getattr(given, name), name, need)
    elif isinstance(given, list | tuple):
        for item in given:
            ensure_input_visible(item)


# Marks a type of text that nobody else reads.
UNSEEN = {"unseen": True}


_Need = Literal["required", "optional", "unseen"]


def _check(value: object, field: str, need: _Need) -> None:
    if isinstance(value, str):
        if need == "required" or value.strip():
            ensure_visible(value, field)
    elif isinstance(value, list | tuple):
        for item in value:
            _check(item, field, need)
    elif isinstance(value, dict):
        for item in value.values():
            ensure_input_visible(item)
    elif isinstance(value, Struct):
        ensure_input_visible(value)


@cache
def _texts_in(kind: type[Struct]) -> Mapping[str, _Need]:
    # The fields that can contain text which others read.
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType)
    found = {one.name: _need_of(one.type) for one in shape.fields if _may_contain_text(one.type)}
    return {name: need for name, need in found.items() if need != "unseen"}


def _may_contain_text(kind: inspect.Type) -> bool:
    return not isinstance(kind, inspect.IntType | inspect.FloatType | inspect.BoolType | inspect.DateTimeType)


def _need_of(kind: Any) -> _Need:
    if isinstance(kind, inspect.Metadata):
        return "unseen" if (kind.extra or {}).get("unseen") else _need_of(kind.type)
    if isinstance(kind, inspect.UnionType):
        needs = set(map(_need_of, kind.types))
        return "unseen" if "unseen" in needs else "required" if "required" in needs else "optional"
    if isinstance(kind, inspect.CollectionType):
        return _need_of(kind.item_type)
    return "required" if isinstance(kind, inspect.StrType) and kind.min_length else "optional"

"""What is wrong with the entries of a catalogue."""

import re
from collections import Counter
from collections.abc import Iterator
from gettext import c2py  # type: ignore[attr-defined]  # not listed, but documented by its name
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_PERCENT = re.compile(r"(?<!%)%(?:%%)*(?!%|\(\w+\)s)")
_TAG = re.compile(r"</?[a-z][^<>]*>")
_AMPERSAND = re.compile(r"&(?!#?\w+;)")
# Invisible characters; no-break spaces, isolates and marks of direction are among what translators need.
_INVISIBLE = re.compile("[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u200b\u202a-\u202e\u2060\ufeff]")
_WORD = re.compile(r"[^\W\d_]{2,}")
# A text of so few words may be the same in another language.
_FEW_WORDS = 2
# The names under which a plural shows its number.
_NUMBERS = {"num", "count", "n"}


def read(path: Path) -> Catalog:
    """Return the catalogue of a file."""
    with path.open("rb") as file:
        return read_po(file, ignore_obsolete=False, abort_invalid=True)


def problems(catalog: Catalog, gathered: Catalog) -> Iterator[str]:
    """Return what is wrong with a catalogue, beside the texts that the interface has."""
    wanted, there = ({(one.context, one.id) for one in each if one.id} for each in (gathered, catalog))
    yield from (f"not in the catalogue: {key}" for key in sorted(wanted - there, key=str))
    yield from (f"no longer used: {key}" for key in sorted(there - wanted, key=str))
    yield from (f"obsolete: {one}" for one in catalog.obsolete)
    single = single_number_forms(catalog)
    for message in catalog:
        if message.id:
            for problem in problems_of(message, catalog.num_plurals, single):
                yield f"{problem}: {message.id!r} -> {message.string!r}"


def single_number_forms(catalog: Catalog) -> frozenset[int]:
    """Return the plural forms of a catalogue that stand for one number, which the noun may say without a digit."""
    form_of = c2py(catalog.plural_expr)
    counts = Counter(form_of(count) for count in range(1000))
    return frozenset(form for form, count in counts.items() if count == 1)


def problems_of(message: Message, forms: int, single: frozenset[int] = frozenset()) -> Iterator[str]:
    """Return what is wrong with one entry of a catalogue with this number of plural forms."""
    if message.fuzzy:
        yield "fuzzy"
    texts = message.string if isinstance(message.string, tuple) else (message.string,)
    if not all(texts) or (isinstance(message.id, tuple) and len(texts) != forms):
        yield "missing"
        return
    source = message.id[1] if isinstance(message.id, tuple) else message.id
    for form, text in enumerate(texts):
        may_omit = _NUMBERS if isinstance(message.id, tuple) and form in single else set()
        yield from _problems_of_text(source, text, may_omit)


def _problems_of_text(source: str, text: str, may_omit: set[str]) -> Iterator[str]:
    wanted, there = (set(_PLACEHOLDER.findall(each)) for each in (source, text))
    if not wanted - may_omit <= there <= wanted:
        yield "placeholders differ"
    if wanted and _PERCENT.search(text):
        yield "a single % beside placeholders"
    if Counter(_TAG.findall(source)) != Counter(_TAG.findall(text)):
        yield "tags differ"
    if _AMPERSAND.search(text) and not _AMPERSAND.search(source):
        yield "a bare &"
    if any(source[end].isspace() != text[end].isspace() for end in (0, -1)):
        yield "blanks at the ends differ"
    if _INVISIBLE.search(text):
        yield "an invisible character"
    if text == source and len(_WORD.findall(_PLACEHOLDER.sub("", _TAG.sub("", source)))) > _FEW_WORDS:
        yield "as in English"

"""Texts that are marked alike are one entry of each catalogue, so they must be of one kind."""

from collections import defaultdict
from io import BytesIO

import pytest

from tests.support.languages.messages import _extract_python, found_texts


def test_no_text_is_both_with_and_without_a_plural():
    """A catalogue has one of them then, and the other one is never translated."""
    kinds = defaultdict[tuple[str | None, str], set[str | tuple[str, ...]]](set)
    for _, message, _, context in found_texts():
        kinds[context, message if isinstance(message, str) else message[0]].add(message)

    assert {text: both for text, both in kinds.items() if len(both) > 1} == {}


def test_texts_inside_of_f_strings_are_found() -> None:
    source = (
        b"# NOTE: A question.\n"
        b"x = f'<b>{escape(gettext(\"Why?\"))}</b>'\n"
        b'y = pgettext("verb", "Open") + ngettext("a", "b", 2)\n'
    )
    assert list(_extract_python(BytesIO(source), None, None, None)) == [
        (2, "gettext", ("Why?",), ["NOTE: A question."]),
        (3, "pgettext", ("verb", "Open"), []),
        (3, "ngettext", ("a", "b"), []),
    ]
    with pytest.raises(ValueError, match="line 1"):
        list(_extract_python(BytesIO(b'gettext(f"Hello {name}")'), None, None, None))

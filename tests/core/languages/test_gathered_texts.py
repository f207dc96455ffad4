"""Texts that are marked alike are one entry of each catalogue, so they must be of one kind."""

from collections import defaultdict

from tests.support.languages.messages import found_texts


def test_no_text_is_both_with_and_without_a_plural():
    """A catalogue has one of them then, and the other one is never translated."""
    kinds = defaultdict[tuple[str | None, str], set[str | tuple[str, ...]]](set)
    for _, message, _, context in found_texts():
        kinds[context, message if isinstance(message, str) else message[0]].add(message)

    assert {text: both for text, both in kinds.items() if len(both) > 1} == {}

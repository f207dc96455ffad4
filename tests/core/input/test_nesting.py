"""JSON that is nested too deeply is found without reading it, in time that grows with its length alone."""

import json
import time

import pytest

from core.input.nesting import MOST_NESTED, is_nested_too_deeply


@pytest.mark.parametrize(
    ("text", "is_too_deep"),
    [
        (b"", False),
        (b"[" * MOST_NESTED, False),
        (b"[" * (MOST_NESTED + 1), True),
        (b'{"a":' * (MOST_NESTED + 1), True),
        (b'[{"a":' * (MOST_NESTED // 2) + b"[", True),
        (b"[" + b"[]," * 500, False),
        (json.dumps(["[" * 500, '"' + "{" * 500]).encode(), False),
        (b'"' + b"\\" * 400 + b'"' + b"[" * 101, True),
        (b'"\\"' + b"[" * 500, False),
        ("[".encode("utf-16") * 101, True),
    ],
)
def test_only_brackets_outside_of_strings_are_paired(text: bytes, is_too_deep: bool) -> None:
    assert is_nested_too_deeply(text) == is_too_deep


@pytest.mark.parametrize("text", [b'"\\', b'[]"', b"[],", b'"[', b'\\"'])
def test_no_text_takes_long(text: bytes) -> None:
    times = []
    for _ in range(3):
        before = time.process_time()
        is_nested_too_deeply(text * (300_000 // len(text)))
        times.append(time.process_time() - before)
    assert min(times) < 0.5

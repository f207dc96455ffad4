"""Migrations: one chain in the order of their numbers."""

import re

from storage import schema

VERSIONS = sorted(schema._VERSIONS.glob("[0-9]*.py"))


def test_each_migration_follows_the_one_with_the_next_lower_number() -> None:
    # The newest number is taken for the revision that this code needs, and a lower one for an older schema.
    numbers = [path.name[:4] for path in VERSIONS]
    texts = [path.read_text() for path in VERSIONS]
    assert [re.search(r'^revision = "(\d+)"', text, re.M)[1] for text in texts] == numbers
    before = [re.search(r'^down_revision = (?:"(\d+)"|None)', text, re.M)[1] for text in texts]
    assert before == [None, *numbers[:-1]]

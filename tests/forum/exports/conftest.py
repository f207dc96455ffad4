"""Fixtures of these tests."""

from tests.support.search_archive import archive  # noqa: F401

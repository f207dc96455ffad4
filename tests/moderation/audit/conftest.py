"""Fixtures of these tests."""

from tests.support.appeals import scene  # noqa: F401

"""Fixtures of these tests."""

from tests.support.filters import scene  # noqa: F401

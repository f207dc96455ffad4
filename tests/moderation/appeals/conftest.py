"""Fixtures of these tests."""

from tests.support.moderation.appeals import scene  # noqa: F401

"""Fixtures of these tests."""

from tests.support.moderation.filters import scene  # noqa: F401

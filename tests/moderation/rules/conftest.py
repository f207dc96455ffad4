"""Fixtures of these tests."""

from tests.support.moderation.filters import filtered  # noqa: F401

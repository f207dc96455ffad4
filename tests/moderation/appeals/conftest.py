"""Fixtures of these tests."""

from tests.support.moderation.appeals import decided_case  # noqa: F401

"""Tests of moderation/reasons/."""

"""Tests of moderation/rules/."""

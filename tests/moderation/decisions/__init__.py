"""Tests of moderation/decisions/."""

"""Tests of moderation/appeals/."""

"""Tests of moderation/flags/."""

"""Tests of moderation/cases/."""

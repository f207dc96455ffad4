"""Tests of pages/moderation/."""

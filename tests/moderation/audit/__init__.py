"""Tests of moderation/audit/."""

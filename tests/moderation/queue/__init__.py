"""Tests of moderation/queue/."""

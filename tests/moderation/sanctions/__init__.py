"""Tests of moderation/sanctions/."""

"""Sanctions against members, the ladder that proposes them, and a member's moderation history."""

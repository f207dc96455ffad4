"""Sanctions: silences and suspensions, the ladder that proposes them, and a member's history."""

"""Tests of members/profiles/."""

"""Tests of members/."""

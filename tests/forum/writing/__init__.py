"""Tests of forum/writing/."""

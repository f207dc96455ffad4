"""Tests of forum/."""

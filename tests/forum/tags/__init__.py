"""Tests of forum/tags/."""

"""Tests of forum/search/."""

"""Tests of bookmarks."""

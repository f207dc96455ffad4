"""Tests of forum/following/."""

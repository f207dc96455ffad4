"""Tests of forum/text/."""

"""Tests of forum/topics/."""

"""Tests of forum/archive/."""

"""Tests of forum/files/."""

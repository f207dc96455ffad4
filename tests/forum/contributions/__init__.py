"""Tests of forum/contributions/."""

"""Tests of forum/exports/."""

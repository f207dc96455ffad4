"""Tests of forum/translations/."""

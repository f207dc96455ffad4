"""Tests of forum/drafts/."""

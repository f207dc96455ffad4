"""Tests of pages/forum/."""

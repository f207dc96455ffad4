"""Tests of pages/boards/."""

"""Tests of boards/boards/."""

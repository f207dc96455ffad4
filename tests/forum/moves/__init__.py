"""Tests of forum/moves/."""

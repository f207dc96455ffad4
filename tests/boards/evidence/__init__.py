"""Tests of boards/evidence/."""

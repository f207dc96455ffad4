"""Tests of boards/editions/."""

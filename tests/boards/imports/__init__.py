"""Tests of boards/imports/."""

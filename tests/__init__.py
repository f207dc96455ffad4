"""Tests that walk through the door, or call a pure rule."""

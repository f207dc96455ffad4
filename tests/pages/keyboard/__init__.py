"""Tests of pages/keyboard/."""

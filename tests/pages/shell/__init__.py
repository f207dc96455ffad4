"""Tests of pages/shell/."""

"""Tests of pages/site/."""

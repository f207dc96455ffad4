"""Tests of forum/trust/."""

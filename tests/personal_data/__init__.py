"""Tests of personal_data/."""

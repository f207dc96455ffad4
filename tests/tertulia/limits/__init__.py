"""Tests of tertulia/limits/."""

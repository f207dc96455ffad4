"""Tests of tertulia/."""

"""Tests of what every capability uses."""

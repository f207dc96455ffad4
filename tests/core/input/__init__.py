"""Tests of what is wrong with an input in all of its fields."""

"""Tests of gatherings/record/."""

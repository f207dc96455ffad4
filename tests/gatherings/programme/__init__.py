"""Tests of gatherings/programme/."""

"""Tests of gatherings/."""

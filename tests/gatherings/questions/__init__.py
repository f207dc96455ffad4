"""Tests of gatherings/questions/."""

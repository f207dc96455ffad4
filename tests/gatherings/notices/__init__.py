"""Tests of gatherings/notices/."""

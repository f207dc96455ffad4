"""Tests of pages/gatherings/."""

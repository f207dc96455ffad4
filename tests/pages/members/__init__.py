"""Tests of pages/members/."""

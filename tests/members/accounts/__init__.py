"""Tests of members/accounts/."""

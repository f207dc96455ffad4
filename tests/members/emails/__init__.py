"""Tests of members/emails/."""

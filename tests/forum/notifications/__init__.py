"""Tests of forum/notifications/."""

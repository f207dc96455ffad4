"""Tests of reading mails by their content."""

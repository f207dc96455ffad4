"""Calls and frames that no client of ours would send, in numbers that find what a test of every kind does not."""

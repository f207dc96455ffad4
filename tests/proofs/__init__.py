"""Tests that cover the whole service: permissions, sight, leaks, attacks, streams, bad input."""

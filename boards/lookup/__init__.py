"""Queries that load boards, entries and counts of contributors."""

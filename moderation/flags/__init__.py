"""Flags from members, and reports from anyone with or without an account."""

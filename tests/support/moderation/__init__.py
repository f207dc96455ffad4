"""Builders for cases, appeals, filters and hidden posts."""

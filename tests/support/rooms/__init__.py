"""Builders for rooms, questions and records."""

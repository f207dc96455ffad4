"""Curation: adding, changing, withdrawing, confirming and merging entries, their dispositions, and change requests."""

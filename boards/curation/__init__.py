"""Curation: adding, changing, merging and withdrawing entries, and deciding what becomes of each."""

"""Editions: a board published as it stands, numbered and hashed; and its table as CSV, XLSX and JSON."""

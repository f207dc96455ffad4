"""Editions: boards as they were published, and exports of a board's table as CSV, XLSX and JSON."""

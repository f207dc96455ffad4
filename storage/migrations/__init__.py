"""Migrations: numbered files of plain SQL, forward only."""

"""Accounts: registration, passwords, sessions, feed keys, and authors known only from an archive."""

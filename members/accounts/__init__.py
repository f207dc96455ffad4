"""Accounts: registration, passwords, sign-in sessions, feed keys, actors, and authors known only from an archive."""

"""The embedded PostgreSQL server: installing its binaries, starting and stopping it."""

"""Machinery: the database and its only commit, the log of what happened, the embedded server. Knows no capability."""

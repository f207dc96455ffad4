"""Delivery of what happened to those who listen. Knows no business rule.

channel: one numbered stream of events · circle: those of a channel who see alike (one audience) · peer: one open socket
· line: what a peer's bytes are written to · bell: how processes tell each other that a channel moved · patrol: the look
at all heads that finds what the bell lost · signal: a passing, unnumbered fact · ticket: a way to open a socket once.
"""

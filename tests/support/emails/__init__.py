"""Builders for e-mails: lanes that send them, and a mail server."""

"""Builders of mails and archives."""

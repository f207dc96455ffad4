"""Accounts of members: the list with its filters, one account, and what administrators do with it."""

"""Notifications: whom a post concerns and why, the inbox, digests, and e-mail preferences."""

"""The audit log of moderation: what was done, by whom and about which case."""

"""The audit trail of moderation: what was done, by whom and about which case."""

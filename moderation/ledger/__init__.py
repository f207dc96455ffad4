"""The ledger: the public moderation log without names, moderators' pseudonyms, and the yearly transparency report."""

"""Pages of followed topics, the inbox, unread topics and e-mail preferences."""

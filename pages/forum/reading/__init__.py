"""Pages for following, the inbox, unread topics and e-mail preferences."""

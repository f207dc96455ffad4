"""Following topics, sectors and tags; which posts a member has read, and what is unread."""

"""E-mails to members: their texts in each language, the event handlers that send them, and links that work once."""

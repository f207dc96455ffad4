"""E-mails to members: what they say in each language, the jobs that send them, and links that work once."""

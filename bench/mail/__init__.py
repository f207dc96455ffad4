"""How fast e-mails leave: a post that thousands follow, and a mail server that takes its time for each answer."""

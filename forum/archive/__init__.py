"""Archives of mailing lists: reading mbox files, threading the messages, importing them as topics."""

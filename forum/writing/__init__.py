"""Writing: replies, edits with their history, new topics, previews, and references between posts."""

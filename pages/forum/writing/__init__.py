"""Pages for writing: replies, edits, drafts, attachments, and posts that are held for review."""

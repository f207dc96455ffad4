"""Pages for writing: posts, edits, drafts, files, and posts that wait for approval."""

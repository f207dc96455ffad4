"""The contents of entries: validated field values, Markdown text, references to other objects, and search indexes."""

"""Reading boards and entries: one by id for a verb, many as somebody sees them, and who contributed."""

"""Text: Markdown to safe HTML, code highlighting, quotations, links between topics, differences of two texts."""

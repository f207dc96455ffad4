"""Exports: a topic as Markdown or JSON, Atom feeds, and citations."""

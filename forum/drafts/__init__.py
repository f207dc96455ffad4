"""Drafts: unfinished text kept on the server until it is posted."""

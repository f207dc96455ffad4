"""How pages look in one browser: light or dark, and the size of text."""

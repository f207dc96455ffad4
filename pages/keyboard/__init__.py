"""Keyboard shortcuts: one table of all keys, from which pages, scripts and the help take them."""

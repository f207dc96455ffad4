"""Shared by all pages: page context, renderer, layout, forms, uploads, dates, URLs, icons and static files."""

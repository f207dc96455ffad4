"""Pages of search, feeds and citations."""

"""Pages of sectors, topics and tags, and of managing topics."""

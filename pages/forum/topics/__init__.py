"""Pages of sectors, topics and tags, and pages on which moderators manage topics."""

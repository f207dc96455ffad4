"""Pages of the forum, and the HTML of posts and topics."""

"""Pages of administrators: the home, the list of members, and the page of one account."""

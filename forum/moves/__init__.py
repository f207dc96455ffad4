"""Moving posts and topics: to another topic, to a topic of their own, into one another, to another sector."""

"""Questions: asking, voting, the order, their way, and what becomes of them."""

"""What is offered while somebody types: the beginnings of words, and what fits them."""

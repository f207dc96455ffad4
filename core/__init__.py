"""What every room of the house needs and nothing else knows: who is asking, what time it is, what went wrong, what happened."""

"""What every room of the house needs and nothing else knows: who is asking, the time, what went wrong, what happened."""

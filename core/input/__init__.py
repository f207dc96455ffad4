"""What is wrong with an input, in all of its fields at once."""

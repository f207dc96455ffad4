"""Evidence: checking the links of entries in the background, and asking for verification from time to time."""

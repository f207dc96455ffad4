"""What an entry consists of: its values, its text, its references, and the rows kept to find it by."""

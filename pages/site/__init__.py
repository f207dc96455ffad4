"""The home page, help and static files."""

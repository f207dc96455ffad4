"""What comes in and goes out over HTTP, a module per noun."""

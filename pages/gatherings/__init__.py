"""Pages of gatherings (label in the interface: events) and of their rooms."""

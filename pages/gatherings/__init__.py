"""Pages of gatherings and rooms (label in the interface: events)."""

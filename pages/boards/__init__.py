"""Pages of boards (label in the interface: stock-takes)."""

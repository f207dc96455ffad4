"""Pages of boards (label in the interface: stock-takes): table, matrix, statistics, entries, imports, editions, settings."""

"""Topics: starting, listing and changing them; state, timers, assignments, and who may read them."""

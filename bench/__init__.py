"""The figures: what the service does per second and per core, beside a peer and beside the floor, in one run each."""

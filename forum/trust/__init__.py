"""Trust levels: how they are computed, and how administrators set them."""

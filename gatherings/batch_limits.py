"""How often votes and ballots are written, and how many at most in one statement."""

# Seconds between two statements for one room in one process: in a burst each carries what came in that time.
EVERY = 0.1
LARGEST = 1_000

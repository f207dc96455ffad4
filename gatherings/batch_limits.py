"""The limits of the batches in which votes and ballots are written."""

# Seconds between two batches for one room in one process. A batch contains everything that arrived since the last one.
BATCH_INTERVAL_SECONDS = 0.1
MAX_BATCH_SIZE = 1_000

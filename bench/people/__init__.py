"""People of a simulated conference: clients, what they do, and the check of what they saw."""

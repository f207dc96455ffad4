"""What follows from what: the events that something reacts to, and the worker that sees to it."""

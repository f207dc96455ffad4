"""Polls: asking a room, counting its ballots, telling what came of it."""

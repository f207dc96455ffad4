"""The queue of cases as moderators and hosts see it, and statistics about it."""

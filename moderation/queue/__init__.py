"""The queue of cases as moderators and hosts see it, what waits for hosts' approval, and statistics."""

"""Lanes: for an hour, people who come with a gathering's link are counted apart from the others on their network.

lane: its key is in the link; it relieves nobody of anything but the rate limits of their network's address.
"""

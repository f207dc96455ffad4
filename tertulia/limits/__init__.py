"""Rate limits: the table of limits, and the counters.

action: what a request does: the operation id of its route, which its form shares, or `request`, or `write`.
limit: `burst` uses at once, which come back at a rate of `count` in so many seconds.
cost: what one use of an action takes from the limits of `request`.
lane: people who came with the link of a gathering, counted apart from the others at their address.
"""

"""Search: over all that was written, as each can see it.

A *query* is what somebody asks: words, and filters with an operator (`in:mobility`). The *vector* of a post is what it is
found by: its words in the stems of its language, and *marks*, of which filters are made (its sector, author, tags). What
fits newest are the *candidates*; they are ranked, and shown as *hits*, at most one for each topic.
"""

"""Machine translations of posts: one is made when a reader asks, by the translator that the operator chose, and is stored
for all readers.

A translation belongs to a text and its language: after an edit or a correction of the language it is not shown any more.
It is visible exactly where its post is, and in nothing else: no search, feed, export or e-mail contains it.
"""

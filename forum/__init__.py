"""Discussion that has time.

sector: a space with its own moderators · topic: a discussion · post: its text; replies form a tree, numbered densely
in the order of their arrival · revision: what a post said before · reaction: a member's mark on a post, set and unset.
"""

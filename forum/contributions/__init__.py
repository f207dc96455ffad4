"""Contributions of a member: the posts, topics and accepted answers under the member's name, as each reader can see them.

Hidden, held and withdrawn texts are neither listed nor counted, not even for moderators: a profile is no place to find them.
Anonymous posts are under no name, so they are never among them.
"""

"""Tags: names on topics by which they are found together.

tag: a name; topics store the names of their tags · description: what moderators say a tag is about (`about`) · synonym: a
name that stands for another tag and is never on a topic · group: a set of tags with common rules, for example that a topic
has at most one of them, or that only moderators may use them · related tags: those often used on the same topics.
"""

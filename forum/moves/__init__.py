"""Moves: moderators move posts and topics, and undo that.

move: posts go to another topic; split: to a new topic; merge: a whole topic goes into another one.
relocation: the change of the posts' topic, numbers and paths, and of what refers to them.
former place: the number and path that a moved post had; both are never reused.
move note: what readers see of a move, in both topics.
"""

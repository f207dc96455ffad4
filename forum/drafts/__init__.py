"""Drafts: unfinished texts kept on the server until they are posted.

key: what the draft will be (`topic:ID`, `reply:ID`, `edit:ID`, `new:SECTOR`), after a tilde the number of a fork ·
sequence: the number of changes of a draft · owner: the browser window that saved last · fork: a second draft of the same
key, made when two windows change one draft · ended: the draft was posted or deleted; its row keeps the sequence so that
an old window cannot bring it back.
"""

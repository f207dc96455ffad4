"""The archives of mailing lists, imported as topics.

archive: one or more mbox files · message: one e-mail of an archive · thread: messages that reply to each other; it becomes
a topic · remark: something about one message that the person who imports should know (a repair or a reason to skip it) ·
repair: what had to be guessed or replaced to read a message · awaited message: one that is not in any archive so far,
although another message replies to it · unclaimed author: a member made from an e-mail address in an archive · author
claim: a member verifies that address and becomes the author of its posts.
"""

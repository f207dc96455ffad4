"""Writing: new topics, replies, edits, withdrawal, reactions, previews, references and citations.

post access: the locks on a topic and a post, and the facts that the rules need.
lane, batch: simultaneous replies are written together; each topic belongs to one of four lanes.
edit rules: what an edit has to comply with besides the rules of posts: room rule, trust level, screening.
silent revision: an edit in the first minutes, before any reply or reaction; the public history leaves it out.
source: the text as its author typed it.
reference: what a post mentions, quotes or links to; citation: the same relation seen from the other post.
"""

"""The forum: written discussion in topics. Glossary of the folder:

sector: a space of the community with its own moderators.
topic: a discussion with a title and posts; its kind is discussion, question, announcement, mail, room, board or entry.
post: one text in a topic; posts form a tree and have dense numbers in the order of arrival.
path: the position of a post in the tree, as bytes that sort depth first; one segment per level.
branch: a post and all replies below it.
tombstone: what readers see of a post that was withdrawn or hidden.
withdraw, restore: the author takes a post back, and undoes that.
hide, unhide: a moderator's decision takes a post, topic or file from its readers, and its reversal.
held post: a post that waits for a moderator's approval and has no number or path yet.
held edit: a new text for a published post that waits for approval.
screening: rules check a text before it is published; the result is a screening verdict.
revision: a former text of a post.
source: the text as its author typed it; `html` is the rendered form.
shared post: a post that members other than its author may edit.
quote: an excerpt of another post inside a post; its text is stored once.
reference: what a post mentions, quotes or links to.
citation: a post that quotes another post or links to it.
reaction: a member's mark on a post.
accepted answer: the post that answers a question.
lock, close, archive: end the replies to a topic; closing gives a reason, archiving also removes it from the list.
slow mode: each member may write only once per interval in the topic.
timer: an action on a topic that is scheduled for a time.
assignment: the member who is responsible for a topic, and the status of that work.
move: posts that went to another topic; a split opens a new topic, a merge moves a whole topic.
move note: the note in place of posts that were moved.
former place: the number and path that a moved post had before; old links are redirected.
following: a member's subscription to a topic, sector or tag, at a level from muted to watching; chosen or automatic.
read state: the set of post numbers that a member has read in a topic.
unread mark: what a list shows about the unread posts of a topic.
notification: one message to a member about a post, topic or decision, with its reason.
digest: one e-mail about several notifications.
draft: a text that a member is writing, stored on the server.
readers: who may read a topic: everyone, members, or listed members and committees.
"""

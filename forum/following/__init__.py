"""Following and read state: what members follow and have read, what is unread, and the page of a topic.

following: a member's subscription to a topic, a sector or a tag.
level: muted, normal, tracking (shows a count of new posts), watching first posts, watching (notifies of each post).
chosen, automatic: a level that the member set, and one that came from opening, writing in or reading a topic.
read state: the set of post numbers that a member has read in a topic.
unread mark: the number of unread posts of a topic, or that the topic is new to the member.
member state: read state, unread mark, following and changes since the last visit, for one member and one topic.
"""

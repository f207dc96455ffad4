"""Notifications: messages to members, the inbox, and the e-mails about them.

notification: a message to one member about a post, a topic or a decision, with its reason.
reason: why the member is notified, as a code with values (`because`) or as a text that somebody wrote.
watcher: a member who is notified of each post because of a level of following.
archived: a notification that the member put away (`done` in the API).
digest: one e-mail about several notifications.
e-mail preferences: how often e-mails are sent about direct notifications and about what the member follows.
unsubscribe token: the signed part of a link that stops one kind of e-mail without signing in.
"""

"""Topics: reading, starting and listing them, their settings, status, timers, assignments and access.

facts: what the permission rules need to know about a topic (`TopicFacts`).
settings: title, tags and kind. status: locked, closed, archived, pinned, slow mode, accepted answer.
timer: an action that is scheduled for a topic; the scheduled job `run_next_timer` runs it.
pace: when a member last wrote in a topic in slow mode.
readers: who may read the topic: everyone, members, or listed members and a committee.
changes since: what changed in a topic since a member's last visit, besides new posts.
page validator: the ETag of a page of a topic.
"""

"""Bookmarks: posts that a member wants to find again, with a note and a reminder. Nobody else sees them or counts them.

bookmark: a post that a member marked, with an optional note and an optional time at which to be reminded of it.
reminder: the notification that the member gets then, in the inbox and by e-mail as chosen for personal notifications.
"""

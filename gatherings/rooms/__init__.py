"""Rooms: reading them, opening and closing them, who writes and reacts there, and attendance.

room facts: the facts of a room that the rules need · writer facts: the facts of a member who writes in a room ·
attendance: which member was in which room on which day · reaction: applause and the like, counted and never stored.
"""

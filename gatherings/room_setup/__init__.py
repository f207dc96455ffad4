"""Room setup: planning rooms, their settings, their guests and their panel.

settings: the title, modules and rules of a room · guest: a member who is invited to a room · panelist: a member on the
panel of a room.
"""

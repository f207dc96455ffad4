"""The programme of a gathering: its sessions and speakers, and calendars in iCalendar format.

programme session: an item of the programme, in a room or for everyone · current session: one that is taking place now.
"""

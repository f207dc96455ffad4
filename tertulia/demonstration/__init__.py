"""The demonstration community: invented people and what they have said, for everybody who wants to see the service in use.

- story: what is told, read from the files of `story/`
- telling: tells it to an empty database, through the API, with the clock at the time of each event
- community: makes the demonstration in an empty folder
- past, events: what people have done, and the two events
- attendees: people who ask, vote and post notices in the live room while somebody watches
"""

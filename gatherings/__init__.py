"""Discussion that is live.

gathering: a webinar, conference, workshop, lab or forum · room: a live space of a gathering · question: what an
attendee asks there; a post of the room's topic from the moment it is asked · vote: one member's wish to hear a question.
"""

"""Discussion that is live.

gathering: a webinar, conference, workshop, lab or forum · session: something on its programme · room: a live space of a
gathering · question: what an attendee asks there; a post of the room's topic from the moment it is asked · vote: one
member's wish to hear a question.
move: a question's step from one state to another · claim: a host's word to be at a question just now · silence: who misused
a room does not write in it for a while · choice: what was taken up, or not, and why.
In here: what gatherings and rooms share. In the folders: the programme, rooms and their rules, questions, notices, polls,
and the record of them all.
"""

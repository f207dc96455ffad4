"""Live events: gatherings, their rooms, and what people do there.

gathering: a webinar, conference, workshop, lab or forum (pages call it an event) · programme session: an item of its
programme · room: a live space of a gathering, with a topic in the forum that keeps what is written there · module: a
part of a room that hosts switch on: questions, board (the noticeboard), polls or reactions · host: a member who runs a
gathering · panel: the members who speak in a room · audience: the class of readers an event is rendered for, `host` or
`all`.
question: what an attendee asks in a room, stored as a post of the room's topic · transition: a change of a question's
state · held question: one that waits for approval · shortlist: the questions that hosts have chosen, in their own
order · queue: the questions of some states, unranked · ranking: the order by support, freshness and balance between
groups · vote: one member's support for a question · claim: a host's short reservation of a question · mute: a host
stops a member or pseudonym from writing in a room for a while (`silence` in the API, in refusals and in the table) ·
outcomes: what became of the questions of a room and why (`choices` in the API) · late answer: an answer after the room
was closed, or in writing.
noticeboard: the columns and notices of a room · notice: a post on the noticeboard · held notice: one that waits for
approval · declined notice: one that a host did not approve.
poll: a question with options, a scale or free words · ballot: one member's answer to a poll · struck word: a word that
is removed from the results · small cell: a count under five, suppressed because it could identify people.
record: the attendance, questions, notices, polls and outcomes of a room or gathering (`report` in the API) ·
snapshot: the state of a room or gathering that a client reads before it follows the stream.

The modules here are shared by the sub-folders: `rooms`, `room_setup`, `programme`, `questions`, `notices`, `polls` and
`record`.
"""

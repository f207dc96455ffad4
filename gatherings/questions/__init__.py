"""Questions: submission, transitions, ranking, votes, claims, mutes and outcomes.

state: pending (waits for approval), live, shortlisted, on_stage, answered, dismissed, merged or withdrawn · open
question: one that is live, shortlisted or on stage · closed question: one that is answered, dismissed, merged or withdrawn
· transition: a change of state, logged with who made it and why · held question: one that waits for approval ·
submission path: whether a question is published immediately or held · merge: adding the votes of one question to another
· place: the sort number of a question on the shortlist · queue: questions of some states in the order of dealing with
them · rank: the score of a question, with its factors · support: the lower bound of the Wilson interval of its votes ·
claim: a host's reservation of a question for a minute · mute: a host stops the asker from writing in the room.
"""

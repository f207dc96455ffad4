"""Moderation: how members report content, how moderators decide about it, and how decisions can be appealed.

action           one effect of a decision, such as hide, warn or approve
appeal           a request that another moderator review a decision
audit log        the internal record of what people with duties did
case             one object that moderators must review, with all its flags and reports
claim            a moderator's mark that they are reviewing a case; it expires and blocks nobody
decision         what was done about a case, with its reason
escalation       handing a case to the administrators
flag             a member's message that a post, topic, profile or file should be reviewed
held post        a post or edit that waits for approval and is not published
ladder           the configured order of sanctions, used to propose the next one
ledger           the public moderation log, without names
match            the record that a rule caught a text
note             what moderators write to each other about a case
priority         the score that shows how urgent a case is
pseudonym        the random name that the ledger shows for a moderator; a new one every month
queue            the open cases that a moderator or host may decide
reason template  a prepared reason for decisions, in several languages
relocation       an action that moves, splits, merges or closes the subject
report           a flag from anyone, with or without an account (article 16 of the Digital Services Act)
reversal         a decision withdrawn later, with a public reason
rule             an automatic filter: a test that texts must pass before they are published; it holds or flags them
sanction         what a decision does to a member: warning, silence, suspension or removal from a room
statement        the statement of reasons that the affected member receives (article 17 of the Digital Services Act)
subject          the object that a case is about
transparency     the yearly report with statistics (articles 15 and 24 of the Digital Services Act)
undo             a decision withdrawn within its first 12 seconds, as if it had never been made
"""

"""Members: accounts, sign-in sessions, profiles, roles, committees, trust levels, and the e-mails about accounts.

member: a person with a handle; unclaimed if known only from the archive of a mailing list · handle: a member's unique short
name · skeleton: the form of a handle in which look-alike characters are equal · session: one signed-in browser or client ·
credentials: the stored hash of a password, and the member's secret sealed with it · secret: random bytes of a member that
only the password or a session's token can open · pseudonym: what stands for a member who asks anonymously, computed from
the secret · author: the name and public group of a member, as they are shown with contributions · profile: what a member
publishes about themselves · duty: the role of administrator, of moderator of a sector, or of host of a gathering ·
committee: a named group of members; `body` in the API and tables · trust level: how much a member may do · mailed link: a
link with a token that works once · feed key: a token with which a feed reader reads what its member may read.
"""

"""Trust levels of members: how much a member may do, by what others have seen of them.

level: a number from 0 with a name and permissions, configured by the community · requirements: what a level needs, such as
days since joining or thanks received · activity: what a member has done, as requirements count it · thanks: reactions of the
kinds `kind` and `competent` · set level: a level that an administrator chose; it overrides the computed one.
"""

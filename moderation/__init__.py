"""What members bring before their moderators, and what these decide.

flag: a member's word that something should be looked at · case: one thing a moderator must look at · decision: what was
done about it, with its reason · appeal: the author's answer to a decision · ledger: all decisions, open to all.
"""

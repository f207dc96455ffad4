"""Appeals against decisions, statements of reasons, and the e-mails about them.

appeal     a request, by the author or a reporter, that another moderator review a decision
answer     the other moderator's written answer: the decision is upheld or reversed
statement  the statement of reasons: what was decided, why, where it applies, and how to appeal
"""

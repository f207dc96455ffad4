"""E-mails that leave: the lane that takes them from the outbox, their MIME form, and the connections to the mail server.

lane: what sends the e-mails of the outbox, several at once; one of the tasks of a worker
fault: what a failure means for an e-mail, for its address, or for all e-mails
"""

"""What every capability uses and what knows none of them.

- actor: the visitor or member who makes a request, with what they may do
- event: something that happened, recorded in the log of one channel
- refusal: an exception by which the service says no, with a stable public code
- clock: the time, which tests can stop
"""

"""The doctor: checks an installation and says what to do about each thing that is not as it should be.

- finding: the result of one check: ok, warning (it works, and may not for long) or wrong
- drift: a stored count that differs from the rows it counts
"""

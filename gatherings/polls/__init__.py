"""Polls: drafting, opening and closing them, ballots, results, and striking words.

kind: single choice, multiple choice (`several`), ranked, scale or free words · ballot: one member's answer · results:
the counts of a poll, stored when it is closed · split: the counts per stakeholder group, without small cells · word
key: what is equal for spellings of one word that differ only in case, form or invisible characters · struck word: a
word that hosts or moderators removed from the results.
"""

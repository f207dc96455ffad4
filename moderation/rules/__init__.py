"""Rules: automatic filters that check texts before they are published; the interface calls them automatic filters.

dry run  a check of what a rule would have caught among the latest posts
engine   applies the active rules to each text
finding  why a rule catches a text, with the matched passages
match    the stored record that a rule caught a text; a decision upholds or overturns it
passage  the matched words, with a few words around them
rule     a test with a scope, an action (hold or flag) and a trust level
scope    where a rule applies: everywhere, in a sector or in a room
sketch   the MinHash of a text, used to find nearly identical texts
test     what a rule looks for: links, phrases, a pattern and others
verdict  the result of the engine for one text: whether it is held, and what to record
views    a text as typed, as rendered, and without the words of others
"""

"""Rules that act first: what is looked at before it is published, as moderators write it down.

rule     what is looked for in what is written somewhere, and whether it holds a text or only tells the moderators
test     what a rule looks for, with its numbers: links, phrases, a pattern ...
passage  the words of a text that a rule matched
trial    what a rule would have caught among the latest posts
match    that a rule caught a text: it is upheld or overturned by whoever decides about the text
"""

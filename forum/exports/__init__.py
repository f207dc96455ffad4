"""What leaves the forum for other programs.

export: a topic with its posts as one Markdown or JSON file, sent while it is read · feed: the newest posts of a sector, tag,
topic or search as Atom · citation: how a post or topic is cited, as plain text, BibTeX and CSL-JSON.
"""

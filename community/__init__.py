"""What the community says about itself: its community rules and its privacy notice, terms and imprint.

community page: one of these four, in the languages of the community and in versions; the newest is in force · announced: a
version of which members are told
"""

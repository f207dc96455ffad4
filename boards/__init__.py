"""Taking stock together.

board: a question to a field, answered row by row · form: the fields that its entries have · entry: one row; the opening
post of a topic of its own · term: one value of a list that fields choose from · cell: two terms crossed · gap: a cell
without an entry · claim: a member's word to look into a gap · curator: who consolidates a board, beside the moderators of
its sector · disposition: what becomes of an entry in what is published · edition: what was published, numbered, for good.
"""

"""Stock-taking boards: a question to the field, answered by members row by row.

board: one stock-taking exercise, with a topic for its discussion · form: the fields that every entry of a board has ·
entry: one row; the opening post of a topic of its own · field value: what an entry says in one field · term: one value of
a taxonomy, from which a field chooses · entry context: the form and taxonomies with which entries of a board are written ·
confirmation: a member's statement that they do the same or can confirm it · contributor: a member who added or changed an
entry · curator: a member who edits a board, besides the moderators of its sector · matrix: the number of entries for each
pair of terms of two fields · gap: a cell of the matrix without an entry · gap claim: a member's statement that they look
into a gap · disposition: what becomes of an entry in the published edition · change request: a curator's request to the
contributors of an entry · merge: an entry continues as part of another · verification: a statement that an entry is still
correct · edition: a board as it was published, numbered and unchangeable · import: a file of rows that a curator uploads.
"""

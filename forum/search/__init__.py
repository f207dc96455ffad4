"""Search over all posts, limited to what each reader can see.

query: words and filters, as typed · filter: an operator and a value, such as `in:mobility` · term: a word
or phrase of a query · vector: what a post is found by (a tsvector): its lexemes and filter marks · filter mark: a
lexeme in the vector that stands for the sector, the author or a tag of a post · candidate: a matching post, before ranking ·
hit: a candidate on a page of results, with an excerpt; one per topic · excerpt: the passages of a text that match · facet: a
filter and how many results it would leave · suggestion: the query with misspelled words replaced · saved search: a query
whose new matches the member is notified of · search queue: posts that must be indexed again.
"""

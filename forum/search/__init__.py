"""Search over all posts, limited to what each reader can see.

query: words and filters, as typed · filter: an operator and a value, such as `in:mobility` · vector: what a post is found by
(PostgreSQL's tsvector): its stemmed words and its filter marks · filter mark: a word in the vector that stands for the
sector, the author or a tag of a post · configuration: PostgreSQL's rules for stemming one language · candidate: a matching
post, before ranking · hit: a candidate on a page of results, with an excerpt; one per topic · facet: a filter and how many
results it would leave · suggestion: the query with misspelled words replaced · saved search: a query whose new matches
the member is notified of · search queue: posts that must be indexed again.
"""

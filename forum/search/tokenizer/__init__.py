"""The tokenizer of the search: from text to lexemes, alike for posts and queries, without PostgreSQL's parser.

chunk: the characters between two white spaces · fold: bring a character to the form that is compared, without case and
accents · lexeme: what is compared: a folded word, its stem, or two neighbouring characters (a bigram) of a script without
spaces · part: a piece of a chunk with a place of its own, such as `eur` in `eur-lex.europa.eu` · run: a part in a script
without spaces · compound: parts joined by a hyphen, an apostrophe, `&` or an invisible space · token: a lexeme at its place
· strong: a lexeme as it is written, or a bigram at the beginning of a word; the others, stems above all, count less.
"""

"""Names: what a thing is found by while somebody types."""

from forum.search.tokenizer.folding import UMLAUTS
from forum.search.tokenizer.stemming import without_article
from forum.search.tokenizer.tokens import tokenize


def lexemes_of_name(*names: str) -> set[str]:
    """Return the lexemes of the names of one thing; an Arabic word has one without its article, too."""
    spelled = {spelling for name in names for spelling in (name, name.lower().translate(UMLAUTS))}
    found = {token.lexeme for spelling in spelled for token in tokenize(spelling, "")}
    return found | {without_article(one) for one in found}

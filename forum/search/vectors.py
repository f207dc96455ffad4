"""Search vectors: the tokens of a post as PostgreSQL's tsvector, written out, so that its parser is never asked.

The weights of the lexemes: A strong in the title, B other in the title, C strong in the text, D other in the text.
"""

from collections.abc import Iterable, Sequence

from forum.search.tokenizer.names import lexemes_of_name
from forum.search.tokenizer.tokens import Token, tokenize

# Limits of PostgreSQL (its manual, "Limitations" of text search): a place is at most 16,383, a lexeme has 256 places,
# and a vector less than 1 MiB. Places beyond the first limit begin again with 1, so that phrases are still found in a very
# long text.
MAX_PLACE, MAX_PLACES, MAX_SIZE = 16_383, 255, 900_000
# Between the title and the text, so that no phrase matches across.
_GAP = 10

# No text contains a lexeme with this character, so no text can pretend to be in a sector or by an author.
FILTER_MARK = "§"
# Words of a title, by which an opening post is found while somebody types.
TITLE_MARK = f"{FILTER_MARK}w"


def quote_lexeme(lexeme: str) -> str:
    """Return a lexeme as it is written in a tsvector or tsquery."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def title_marks(title: str) -> list[str]:
    """Return the filter marks by which an opening post is found while somebody types words of its title."""
    return [f"{TITLE_MARK}{lexeme}" for lexeme in sorted(lexemes_of_name(title))]


def make_vector(title: str, text: str, language: str, marks: Sequence[str]) -> str:
    """Return the tsvector of a post in PostgreSQL's notation; `language` is that of its text (ISO 639-1)."""
    places: dict[str, dict[int, str]] = {}
    size = sum(len(mark.encode()) for mark in marks)
    last = 0
    for token in tokenize(title, language):
        last = token.place
        size += _add(places, token, token.place, "A" if token.is_strong else "B")
    for token in tokenize(text, language):
        if size > MAX_SIZE:
            break
        size += _add(places, token, token.place + last + _GAP, "C" if token.is_strong else "")
    lexemes = [f"{quote_lexeme(lexeme)}:{','.join(_written(at))}" for lexeme, at in places.items()]
    return " ".join([*lexemes, *map(quote_lexeme, marks)])


def _add(places: dict[str, dict[int, str]], token: Token, place: int, weight: str) -> int:
    """Add a place of a lexeme; return how many bytes it takes."""
    known = places.get(token.lexeme)
    size = 2
    if known is None:
        known = places[token.lexeme] = {}
        size = len(token.lexeme.encode()) + 6
    if len(known) >= MAX_PLACES:
        return 0
    place = (place - 1) % MAX_PLACE + 1
    if place in known:
        return 0
    known[place] = weight
    return size


def _written(places: dict[int, str]) -> Iterable[str]:
    return (f"{place}{weight}" for place, weight in places.items())

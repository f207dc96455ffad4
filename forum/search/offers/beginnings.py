"""Beginnings of words: what somebody has typed so far, and the names in which each of its words begins a word.

Names and what is typed are taken apart by the tokenizer of the search, so case, accents and the forms of letters make no
difference, and in scripts without spaces any two neighbouring signs are found. An Arabic word is found with its article and
without it.
"""

from collections.abc import Collection

from msgspec import Struct

from forum.search.query_parser import parse_query
from forum.search.tokenizer.chunks import Part, take_apart
from forum.search.tokenizer.stemming import without_article
from forum.search.vectors import TITLE_MARK, quote_lexeme

# Fewer characters fit too much to offer anything, except in scripts without spaces, where one sign can be a word.
MIN_LENGTH, MAX_LENGTH = 2, 100
# More words are left out.
MAX_WORDS = 8


class Beginnings(Struct, frozen=True):
    """The words that are typed: of each, the lexemes of which one must be the beginning of a word of the name."""

    words: tuple[tuple[str, ...], ...] = ()

    def fit(self, lexemes: Collection[str]) -> bool:
        """Return whether each word begins one of these lexemes of a name."""
        return all(any(lexeme.startswith(word) for lexeme in lexemes) for word in self.words)

    def written(self) -> str:
        """Return a tsquery for opening posts: each word must begin a word of the title."""
        words = (" | ".join(f"{quote_lexeme(TITLE_MARK + one)}:*" for one in word) for word in self.words)
        return " & ".join(f"({word})" for word in words)


def beginnings_of(typed: str) -> Beginnings:
    """Return the words of what is typed; none if it is too short or too long, or has filters such as `in:mobility`."""
    query = parse_query(typed) if len(typed) <= MAX_LENGTH else None
    if query is None or not query.is_words_only:
        return Beginnings()
    parts = [part for word in query.plain_words() for part in take_apart(word).parts]
    words = [lexemes for part in parts for lexemes in _lexemes_of(part)][:MAX_WORDS]
    is_long_enough = any(part.is_run for part in parts) or sum(len(word[0]) for word in words) >= MIN_LENGTH
    return Beginnings(tuple(words)) if is_long_enough else Beginnings()


def _lexemes_of(part: Part) -> list[tuple[str, ...]]:
    word = part.lexemes[0]
    if part.is_run:
        return [(word[at : at + 2],) for at in range(max(1, len(word) - 1))]
    return [tuple({word: None, without_article(word): None})]

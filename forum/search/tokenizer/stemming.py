"""Stems of words, by the algorithms of Snowball (snowballstem.org), on folded words."""

import re
import threading
from functools import lru_cache

from Stemmer import Stemmer

from forum.search.tokenizer.folding import fold, unify_nasals

# The languages that are stemmed, by their code (ISO 639-1). PostgreSQL has a dictionary of stop words for each of them,
# named after the algorithm.
ALGORITHMS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
# "And", "in", "like" and "for" with the article are written at the word (light stemming of Arabic).
_ARABIC_ARTICLE = re.compile("(?:[وفبك]?ال|لل)(?=.{2})")
# Plurals in -ões and -ães, which Snowball only knows with their accents: certidões, certidão.
_PORTUGUESE_PLURAL = re.compile("(?<=[a-z]{2})[oa]es$")
# What Arabic writes at the word: "and", "in", "like", "for".
_PROCLITICS = "لبوفك"
_ARABIC = re.compile("[\u0621-\u064a]{3,}")
# A stemmer is not safe to share between threads.
_stemmers = threading.local()


def stems(word: str, spelled: str, language: str) -> tuple[str, ...]:
    """Return the stems of a word that differ from it; `spelled` is the word with its accents.

    A stemmer knows endings by their accents, but many people leave them out: there can be two stems.
    """
    found = {stem(word, language): None}
    if not spelled.isascii() and language != "ar":
        with_accents = stem(spelled, language)
        if with_accents != spelled:
            found[unify_nasals(fold(with_accents))] = None
    return tuple(one for one in found if one != word)


def with_proclitics(word: str) -> tuple[str, ...]:
    """Return the forms of an Arabic word with a preposition or conjunction written at it; empty for other words."""
    return tuple(f"{one}{word}" for one in _PROCLITICS) if _ARABIC.fullmatch(word) else ()


def without_article(word: str) -> str:
    """Return an Arabic word without the article that is written at it; other words as they are."""
    return _ARABIC_ARTICLE.sub("", word, count=1) if _ARABIC_ARTICLE.match(word) else word


@lru_cache(16_384)
def stem(word: str, language: str) -> str:
    """Return the stem of a folded word in a language (ISO 639-1), or the word if the language has no stemmer."""
    if language not in ALGORITHMS or (not word.isalpha() and language not in ("hi", "ne", "ta")):
        return word
    if language == "ar":
        word = without_article(word)
        # Folding wrote the feminine ending as a pronoun; most of such endings are feminine.
        word = f"{word[:-1]}ة" if word.endswith("ه") else word
    if language == "pt":
        word = _PORTUGUESE_PLURAL.sub("ao", word)
    stemmed: str = _stemmer(language).stemWord(word)
    return stemmed or word


def _stemmer(language: str) -> Stemmer:
    known = vars(_stemmers)
    if language not in known:
        known[language] = Stemmer(ALGORITHMS[language])
    return known[language]

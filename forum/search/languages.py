"""Languages of posts: their detection, and the text search configurations that stem their words."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from members.shapes import Taxonomies

# The languages that PostgreSQL can stem. A migration creates the configuration `search_<code>` for each of them.
STEMMED = frozenset("ar da de el en es fi fr hi hu hy id it lt ne nl no pt ro ru sr sv ta tr".split())
SIMPLE_CONFIGURATION = "search_simple"
# So many characters are enough to detect a language.
_DETECTION_LENGTH = 500
# Scripts without spaces between words: each character is indexed as a word, and a sequence of characters is a phrase. The
# separator is invisible to readers.
_UNSPACED_CHARACTERS = re.compile(
    r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])"
)
_SEPARATOR = "\u200b"


def known_languages(taxonomies: Taxonomies) -> tuple[str, ...]:
    """Return the languages of the community (ISO 639-1), sorted."""
    return tuple(sorted(taxonomies.languages))


def search_configurations(languages: tuple[str, ...]) -> list[str]:
    """Return PostgreSQL's text search configurations for these languages (ISO 639-1)."""
    return [f"search_{code}" for code in languages if code in STEMMED] + [SIMPLE_CONFIGURATION]


def detect_configuration(text: str, languages: tuple[str, ...]) -> str:
    """Return the search configuration of the language that a text is most likely written in, out of these languages."""
    code = (
        languages[0]
        if len(languages) == 1
        else language_identifier(languages).classify(text[:_DETECTION_LENGTH])[0]
    )
    return f"search_{code}" if code in STEMMED else SIMPLE_CONFIGURATION


def separate_words(text: str) -> str:
    """Return a text with invisible separators between the characters of scripts without spaces, and after each `<`."""
    # PostgreSQL's parser would skip `<word>` as a tag, but in plain text it is part of the text.
    return _UNSPACED_CHARACTERS.sub(_SEPARATOR + r"\1" + _SEPARATOR, text).replace("<", "<" + _SEPARATOR)


def rejoin_words(text: str) -> str:
    """Remove the separators that `separate_words` inserted."""
    return text.replace(_SEPARATOR, "")


@cache
def language_identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    """Return a classifier limited to these languages (langid.py: naive Bayes over byte n-grams).

    The first call in a process loads the model, which is slow; later calls return the same object.
    """
    classifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    classifier.set_languages([code for code in languages if code in classifier.labels] or None)
    return classifier

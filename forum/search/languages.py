"""Languages: in which a post is written, and by which rules its words become what is searched."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from members.shapes import Taxonomies

# Those whose stems PostgreSQL knows have a configuration of this name; see the migration.
STEMMED = frozenset("ar da de el en es fi fr hi hu hy id it lt ne nl no pt ro ru sr sv ta tr".split())
SIMPLE_CONFIGURATION = "search_simple"
# Enough of a text to tell its language by.
_ENOUGH = 500
# Written without blanks between words: each sign is searched as a word, signs in a row as a phrase. What parts them is
# seen by the parser and by nobody else.
_UNPARTED = re.compile(r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
_PARTED = "\u200b"


def known_languages(taxonomies: Taxonomies) -> tuple[str, ...]:
    """The languages of the community, in one order."""
    return tuple(sorted(taxonomies.languages))


def search_configurations(languages: tuple[str, ...]) -> list[str]:
    """The text search configurations of a community that writes in these languages (ISO 639-1)."""
    return [f"search_{code}" for code in languages if code in STEMMED] + [SIMPLE_CONFIGURATION]


def detect_configuration(text: str, languages: tuple[str, ...]) -> str:
    """The configuration for a text, by the one of these languages that it is most likely in."""
    code = languages[0] if len(languages) == 1 else language_identifier(languages).classify(text[:_ENOUGH])[0]
    return f"search_{code}" if code in STEMMED else SIMPLE_CONFIGURATION


def separate_words(text: str) -> str:
    """A text with its words apart, also in scripts that write them together."""
    # What looks like a tag here was written as text, and is read as such.
    return _UNPARTED.sub(_PARTED + r"\1" + _PARTED, text).replace("<", "<" + _PARTED)


def rejoin_words(text: str) -> str:
    """What `separate_words` parted, as it was written."""
    return text.replace(_PARTED, "")


@cache
def language_identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    """Tells these languages apart: by naive Bayes over byte n-grams (langid.py), confined to those that come into question.
    The first time in a process it takes a while."""
    made = LanguageIdentifier.from_model_file(MODEL_FILE)
    made.set_languages([code for code in languages if code in made.labels] or None)
    return made

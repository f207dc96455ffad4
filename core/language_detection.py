"""Which language a text is written in, as langid.py guesses it (naive Bayes over n-grams of bytes); one model per process.

Loading the model takes a second, so a process that serves requests loads it in a thread (`load_model`).
"""

import copy
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from core.languages.languages import all_languages
from core.threads import in_thread

# Enough to tell most languages apart. A text of 20,000 characters takes as long as one of this length: 0.3 ms.
DETECTION_LENGTH = 300
# Shorter texts are mostly names and greetings. A Chinese or Japanese character says as much as three letters.
FEWEST_LETTERS, LETTERS_PER_SIGN = 20, 3
# The share of the probability that the best language needs: a language that the interface speaks is far more likely here
# than one of the other 130, which short and mixed texts resemble by chance.
_LEAST_PROBABILITY, _LEAST_PROBABILITY_OF_OTHERS = 0.5, 0.9
# What the model knows beside languages: texts without one.
_NO_LANGUAGE = "zxx"


@cache
def language_identifier(languages: tuple[str, ...] = ()) -> LanguageIdentifier:
    """Return a classifier limited to these languages (ISO 639-1), or one of all languages of the model.

    The first call in a process loads the model, which is slow; later calls return the same object.
    """
    if not languages:
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    classifier = copy.copy(language_identifier())
    classifier.set_languages([code for code in languages if code in classifier.labels] or None)
    return classifier


async def load_model() -> None:
    """Load the model in a thread, if this process has not done it yet."""
    if not language_identifier.cache_info().currsize:
        await in_thread(language_identifier)


def detect_language(prose: str) -> str | None:
    """Return the language (BCP 47) of a text, or None if it is too short or resembles several languages.

    The text is without code, addresses and names, which are in no language.
    """
    prose = prose[:DETECTION_LENGTH]
    if count_letters(prose) < FEWEST_LETTERS:
        return None
    code, probability = language_identifier().classify(prose)
    least = _LEAST_PROBABILITY if code in all_languages() else _LEAST_PROBABILITY_OF_OTHERS
    if probability < least or code == _NO_LANGUAGE:
        return None
    return _written_chinese(prose) if code == "zh" else code


def count_letters(text: str) -> int:
    """Return how many letters a text has; a Chinese or Japanese character counts as three."""
    letters = sum(map(str.isalpha, text))
    return letters + (LETTERS_PER_SIGN - 1) * sum("\u3040" <= character <= "\u9fff" for character in text)


def _written_chinese(prose: str) -> str:
    # The old encodings know the characters of one script each; a text of those in both says nothing.
    simplified, traditional = (
        len(prose.encode(encoding, "ignore").decode(encoding)) for encoding in ("gb2312", "big5")
    )
    if simplified == traditional:
        return "zh"
    return "zh-Hans" if simplified > traditional else "zh-Hant"

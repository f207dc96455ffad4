"""Words in scripts without spaces, found by ICU's dictionaries (Chinese, Japanese, Thai, Lao, Khmer, Myanmar).

The words decide the rank of a match and how a query is taken apart. Whether a post matches is decided by bigrams, which need
no dictionary: a new version of ICU can change the order of results, and lose none.
"""

from icu4py.breakers import WordBreaker

# ICU breaks alike in all locales, except with options that are not used here.
_LOCALE = "en"


def words_in_run(run: str) -> list[str]:
    """Return the words of a run of characters, which joined are the run again."""
    return list(WordBreaker(run, _LOCALE))


def word_starts(run: str) -> set[int]:
    """Return where in a run a word begins, by ICU's dictionaries."""
    starts, at = set(), 0
    for word in words_in_run(run):
        starts.add(at)
        at += len(word)
    return starts

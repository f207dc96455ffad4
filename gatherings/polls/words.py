"""Words in polls: normalizing them, and grouping different spellings of one word."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from core.text import normalize
from core.visible import DIRECTION_MARKS, strip_invisible
from gatherings.shapes.polls import WordGroup

# Only the most frequent words are compared with each other; each of the others is a group of its own.
MAX_COMPARED_WORDS = 400
MAX_PUBLISHED_WORDS = 200
# A typing error counts as the same word from the first length on, two errors between the other two lengths.
MIN_LENGTH_ONE_EDIT, MIN_LENGTH_TWO_EDITS, MAX_LENGTH_TWO_EDITS = 5, 9, 16


# Marks that change the text direction would disturb neighbouring words.
_DIRECTION_MARKS = re.compile(f"[{DIRECTION_MARKS}]")


def normalize_word(word: str) -> str:
    """Return the word as it is stored: in Unicode form NFKC, without spaces at its ends and with single ones inside."""
    return " ".join(_DIRECTION_MARKS.sub("", normalize("NFKC", word)).split())


def word_key(word: str) -> str:
    """Return a key that is equal for words that differ only in case, Unicode form or invisible characters."""
    return normalize_word(strip_invisible(normalize("NFKC", normalize_word(word).casefold())))


def count_words(
    ballots: Iterable[tuple[Sequence[str], int]], struck: frozenset[str]
) -> dict[str, Counter[str]]:
    """Return how many people gave each word, by key and then by spelling, without the keys in `struck`.

    `ballots` are lists of words, each with the number of people who gave exactly this list.
    """
    counted: dict[str, Counter[str]] = {}
    for words, times in ballots:
        written = {word_key(word): word for word in reversed(words)}
        for key, word in written.items():
            if key not in struck:
                counted.setdefault(key, Counter())[word] += times
    return counted


def group_words(counted: Mapping[str, Counter[str]]) -> list[WordGroup]:
    """Group words that differ only by typing errors: each joins the most frequent word that it can be an error of.

    Two words belong together if their first letter is equal and one letter (in long words two) is missing, added,
    replaced or swapped with its neighbour. Words with digits are never grouped. The result depends on the counts only,
    not on the order in which the words arrived.
    """
    ranked = sorted(counted, key=lambda key: (-counted[key].total(), key))
    places = {key: place for place, key in enumerate(ranked)}
    heads: dict[str, list[str]] = {}
    joined: dict[str, list[str]] = {}
    for place, key in enumerate(ranked):
        head = None
        if place < MAX_COMPARED_WORDS:
            variants = _deletion_variants(key)
            near = {one for variant in variants for one in heads.get(variant, ())}
            head = next((one for one in sorted(near, key=places.__getitem__) if _is_near(one, key)), None)
            for variant in variants if head is None else ():
                heads.setdefault(variant, []).append(key)
        joined.setdefault(head or key, []).append(key)
    groups = [_group([counted[key] for key in keys]) for keys in joined.values()]
    return sorted(groups, key=lambda group: (-group.count, group.word))


def edit_distance(one: str, other: str, most: int) -> int:
    """Return the optimal string alignment distance between two words, at most `most` + 1.

    It counts missing, added and replaced letters and swapped neighbours (a restricted Damerau-Levenshtein distance).
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, its in enumerate(other, 1):
            steps = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                steps = min(steps, last[j - 2] + 1)
            row.append(steps)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _group(written: Sequence[Counter[str]]) -> WordGroup:
    forms: Counter[str] = Counter()
    for one in written:
        forms.update(one)
    names = sorted(forms, key=lambda word: (-forms[word], word))
    return WordGroup(names[0], forms.total(), names[1:])


def _allowed_edits(length: int) -> int:
    return 2 if MIN_LENGTH_TWO_EDITS <= length <= MAX_LENGTH_TWO_EDITS else int(length >= MIN_LENGTH_ONE_EDIT)


def _is_near(one: str, other: str) -> bool:
    most = min(_allowed_edits(len(one)), _allowed_edits(len(other)))
    return one[0] == other[0] and edit_distance(one, other, most) <= most


def _deletion_variants(key: str) -> set[str]:
    # Words within the allowed distance have a variant in common: the word with one or two letters left out.
    most = 0 if any(letter.isdigit() for letter in key) else _allowed_edits(len(key))
    variants = {key} if most else set()
    for count in range(1, most + 1):
        for gone in combinations(range(len(key)), count):
            variants.add("".join(letter for place, letter in enumerate(key) if place not in gone))
    return variants

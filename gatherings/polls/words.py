"""Open words: how they are written alike, and which of them are the same word written differently."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from gatherings.shapes.polls import WordGroup

# Only so many different words are compared with each other; the rest, of those given least often, stand for themselves.
MOST_COMPARED = 400
MAX_PUBLISHED_WORDS = 200
# From these lengths on, one or two slips of the finger make no other word.
ONE_SLIP, TWO_SLIPS, NO_MORE = 5, 9, 16


# What turns the direction of the words beside it has no place in a cloud; what nobody sees makes no other word.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u115f\u1160\u180e\u200b-\u200d\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
_NO_LETTERS = frozenset({"Mn", "Mc", "Me", "Zs", "Zl", "Zp", "Cc", "Cf"})


def normalize_word(word: str) -> str:
    """A word as it is kept: in compatibility form, without blanks at its ends and with single ones inside."""
    return " ".join(_TURNING.sub("", unicodedata.normalize("NFKC", word)).split())


def word_key(word: str) -> str:
    """What is equal for words that differ only in case or form, or in what cannot be seen."""
    return normalize_word(_UNSEEN.sub("", unicodedata.normalize("NFKC", normalize_word(word).casefold())))


def is_visible_word(word: str) -> bool:
    """Whether anything of a word is on the wall: marks need a letter to stand on."""
    return any(unicodedata.category(letter) not in _NO_LETTERS for letter in word_key(word))


def count_words(
    ballots: Iterable[tuple[Sequence[str], int]], struck: frozenset[str]
) -> dict[str, Counter[str]]:
    """How many people gave each word, by key and by how they wrote it; `ballots` come with how often each was cast."""
    counted: dict[str, Counter[str]] = {}
    for words, times in ballots:
        written = {word_key(word): word for word in reversed(words)}
        for key, word in written.items():
            if key not in struck:
                counted.setdefault(key, Counter())[word] += times
    return counted


def group_words(counted: Mapping[str, Counter[str]]) -> list[WordGroup]:
    """Words with those that are nearly the same: each joins the most frequent one it can be a slip of.

    Two words are nearly the same if they begin alike and one letter (of long words: two) is missing, too many, changed
    or swapped with its neighbour. Words with digits are never the same as others. The outcome depends only on what was
    counted, not on the order in which it came.
    """
    ranked = sorted(counted, key=lambda key: (-counted[key].total(), key))
    places = {key: place for place, key in enumerate(ranked)}
    heads: dict[str, list[str]] = {}
    joined: dict[str, list[str]] = {}
    for place, key in enumerate(ranked):
        head = None
        if place < MOST_COMPARED:
            traces = _traces(key)
            near = {one for trace in traces for one in heads.get(trace, ())}
            head = next((one for one in sorted(near, key=places.__getitem__) if _is_near(one, key)), None)
            for trace in traces if head is None else ():
                heads.setdefault(trace, []).append(key)
        joined.setdefault(head or key, []).append(key)
    groups = [_group([counted[key] for key in keys]) for keys in joined.values()]
    return sorted(groups, key=lambda group: (-group.count, group.word))


def slips(one: str, other: str, most: int) -> int:
    """How many slips lie between two words (letters missing, too many, changed, or swapped neighbours); more than `most`
    is `most` + 1."""
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


def _allowed(length: int) -> int:
    return 2 if TWO_SLIPS <= length <= NO_MORE else int(length >= ONE_SLIP)


def _is_near(one: str, other: str) -> bool:
    most = min(_allowed(len(one)), _allowed(len(other)))
    return one[0] == other[0] and slips(one, other, most) <= most


def _traces(key: str) -> set[str]:
    # Words that are one slip apart have a trace in common: the word with a letter or two left out.
    most = 0 if any(letter.isdigit() for letter in key) else _allowed(len(key))
    traces = {key} if most else set()
    for count in range(1, most + 1):
        for gone in combinations(range(len(key)), count):
            traces.add("".join(letter for place, letter in enumerate(key) if place not in gone))
    return traces

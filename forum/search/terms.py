"""Terms: what a query asks for, as sequences of lexemes; from them come the tsquery and the marks in excerpts.

term: a word or phrase of a query · sequence: lexemes at certain distances, one way to match a term · slot: a place in a
sequence, with the lexemes of which one must be there.
"""

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from forum.search.tokenizer.chunks import Chunk, Part, take_apart
from forum.search.tokenizer.folding import UMLAUTS
from forum.search.tokenizer.stemming import stems, with_proclitics
from forum.search.vectors import quote_lexeme

# An article or a genitive that an apostrophe joins to a word: l'audit, the mine's.
_JOINED_ARTICLE = re.compile(
    r"(?i)^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|all|dall|dell|nell|sull)['\u2019](?=\w{2})"
)
_GENITIVE = re.compile(r"(?i)(?<=\w{2})['\u2019]s$")
# PostgreSQL takes very long for a phrase of many words if a post repeats them: a longer one is searched in pieces.
MAX_PHRASE = 8
_WRITTEN_UMLAUT = re.compile("([aou])e")


class Slot(Struct, frozen=True):
    """The lexemes of which one must be at this distance from the first slot; `is_prefix` also takes longer lexemes."""

    distance: int
    lexemes: tuple[str, ...]
    is_prefix: bool = False

    def written(self) -> str:
        """Return the slot as a tsquery."""
        lexemes = " | ".join(quote_lexeme(one) + ":*" * self.is_prefix for one in self.lexemes)
        return f"({lexemes})" if len(self.lexemes) > 1 else lexemes


class Term(Struct, frozen=True):
    """A word or phrase, which matches where one of its sequences does; `word` is it as typed, if it is one word."""

    sequences: tuple[tuple[Slot, ...], ...]
    word: str | None = None

    def as_prefix(self) -> "Term":
        """Return the term for words that begin as its last word does."""
        ends = (replace(one[-1], lexemes=one[-1].lexemes[:1], is_prefix=True) for one in self.sequences)
        return Term(tuple((*one[:-1], end) for one, end in zip(self.sequences, ends, strict=True)), self.word)

    def written(self) -> str:
        """Return the term as a tsquery."""
        return " | ".join(f"({_written(sequence)})" for sequence in self.sequences)


def to_term(text: str, languages: Sequence[str], is_prefix: bool = False) -> Term | None:
    """Return the term of a text: its words at the distances at which they are typed; None if nothing in it can be found.

    A word is also found by its stems in these languages (ISO 639-1), and a compound also where it is written as one word.
    """
    text = _GENITIVE.sub("", _JOINED_ARTICLE.sub("", text))
    chunks = [take_apart(chunk) for chunk in text.split()]
    slots: list[Slot] = []
    place = 0
    for chunk in chunks:
        for part in chunk.parts:
            slots += _slots(part, place + part.place, languages)
        place += chunk.places
    if not slots:
        return None
    ways = [slots]
    if any(chunk.compounds for chunk in chunks):
        ways.append(_joined_slots(chunks, languages))
    term = Term(tuple(map(_from_zero, ways)), text if len(slots) == 1 else None)
    return term.as_prefix() if is_prefix else term


def _slots(part: Part, at: int, languages: Sequence[str]) -> list[Slot]:
    if not part.is_run:
        return [Slot(at, _variants(part, languages))]
    run = part.lexemes[0]
    if len(run) == 1:
        # One sign is found as the beginning of a bigram.
        return [Slot(at, (run,), is_prefix=True)]
    return [Slot(at + n, (run[n : n + 2],)) for n in range(len(run) - 1)]


def _joined_slots(chunks: Sequence[Chunk], languages: Sequence[str]) -> list[Slot]:
    """Return the slots for a text that has each compound as one word."""
    slots: list[Slot] = []
    place = 0
    for chunk in chunks:
        # The longest of those that begin at a place.
        compounds = {one.first.place: one for one in chunk.compounds}
        last_joined = -1
        for part in chunk.parts:
            compound = compounds.get(part.place) if part.place > last_joined else None
            if compound is not None:
                last_joined = compound.last.place
                slots.append(Slot(place, _with_stems(compound.lexeme, compound.lexeme, languages)))
                place += 1
            elif part.place > last_joined:
                slots += _slots(part, place, languages)
                place += part.places
    return slots


def _variants(part: Part, languages: Sequence[str]) -> tuple[str, ...]:
    """Return the lexemes of a word: as typed, its stems, with umlauts written otherwise, and with Arabic prepositions."""
    word = part.lexemes[0]
    if len(part.lexemes) > 1:
        return (word,)
    forms = {word: part.spelled}
    with_umlauts = part.spelled.translate(UMLAUTS)
    if with_umlauts != part.spelled and with_umlauts.isascii():
        forms[with_umlauts] = with_umlauts
    if "de" in languages:
        without = _WRITTEN_UMLAUT.sub(r"\1", word)
        forms.setdefault(without, without)
    found = [lexeme for form, spelled in forms.items() for lexeme in _with_stems(form, spelled, languages)]
    return tuple(dict.fromkeys([*found, *with_proclitics(word)]))


def _with_stems(word: str, spelled: str, languages: Sequence[str]) -> tuple[str, ...]:
    found = (one for language in languages for one in stems(word, spelled, language))
    return tuple(dict.fromkeys([word, *found]))


def _from_zero(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    return tuple(replace(slot, distance=slot.distance - slots[0].distance) for slot in slots)


def _written(sequence: Sequence[Slot]) -> str:
    pieces = (sequence[at : at + MAX_PHRASE] for at in range(0, len(sequence), MAX_PHRASE))
    return " & ".join(dict.fromkeys(map(_written_phrase, pieces)))


def _written_phrase(slots: Sequence[Slot]) -> str:
    text, last = slots[0].written(), slots[0].distance
    for slot in slots[1:]:
        text, last = f"{text} <{slot.distance - last}> {slot.written()}", slot.distance
    return f"({text})"

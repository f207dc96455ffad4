"""Excerpts: the passages of a text that match a query, with marks around the matches."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from markupsafe import escape

from forum.search.terms import Slot, Term
from forum.search.tokenizer.characters import CLASSES, UNSPACED
from forum.search.tokenizer.tokens import tokenize

# An excerpt has up to this many passages of about this many characters.
MAX_PASSAGES, PASSAGE_LENGTH, START_LENGTH = 2, 150, 240
# So many characters of a post are searched for passages.
SOURCE_LENGTH = 20_000

# More terms, and more matches of a term, are not marked.
MAX_TERMS, MAX_MATCHES = 16, 40

Span = tuple[int, int]
Places = Mapping[str, Mapping[int, Span]]


def make_excerpt(text: str, terms: Sequence[Term], language: str) -> str:
    """Return the passages that match best, as HTML with `<mark>`; without a match, the beginning of the text."""
    text = text[:SOURCE_LENGTH]
    found = find_matches(text, terms, language)
    if not any(found):
        return str(escape(text[:START_LENGTH])) + " …" * (len(text) > START_LENGTH)
    marks = _merge(sorted(span for spans in found for span in spans))
    passages = sorted(_choose_passages(text, found))
    shown = " … ".join(_mark(text, passage, marks) for passage in passages)
    return ("… " * (passages[0][0] > 0)) + shown + (" …" * (passages[-1][1] < len(text)))


def find_matches(text: str, terms: Sequence[Term], language: str) -> list[list[Span]]:
    """Return where in a text each term matches, at most `MAX_MATCHES` places of each."""
    places: dict[str, dict[int, Span]] = defaultdict(dict)
    for token in tokenize(text, language):
        places[token.lexeme].setdefault(token.place, (token.start, token.end))
    return [
        list(islice(_find_term(places, term), MAX_MATCHES)) if places else [] for term in terms[:MAX_TERMS]
    ]


def _find_term(places: Places, term: Term) -> Iterator[Span]:
    for sequence in term.sequences:
        known = {slot.lexemes: _spans_of(places, slot) for slot in sequence}
        slots = [known[slot.lexemes] for slot in sequence]
        distances = [slot.distance for slot in sequence]
        for place, first in slots[0].items():
            spans = [spans.get(place + by) for spans, by in zip(slots, distances, strict=True)]
            last = spans[-1]
            if last is not None and all(spans):
                yield first[0], last[1]


def _spans_of(places: Places, slot: Slot) -> dict[int, Span]:
    """Return the places where one of the slot's lexemes is."""
    if not slot.is_prefix:
        return {place: span for lexeme in slot.lexemes for place, span in places.get(lexeme, {}).items()}
    lexemes = [lexeme for lexeme in places if lexeme.startswith(slot.lexemes)]
    found = {place: span for lexeme in lexemes for place, span in places[lexeme].items()}
    if slot.lexemes[0].translate(CLASSES) == UNSPACED:
        # One sign, found as the beginning of a bigram.
        return {place: (start, start + 1) for place, (start, _) in found.items()}
    return found


def _choose_passages(text: str, found: Sequence[Sequence[Span]]) -> list[Span]:
    """Return the passages that have the most terms; each further one must have a term that the others lack."""
    missing = {n for n, spans in enumerate(found) if spans}
    starts = sorted(start for spans in found for start, _ in spans)
    chosen: list[Span] = []
    while missing and len(chosen) < MAX_PASSAGES:
        best = max(starts, key=lambda start: (len(_terms_from(start, found, missing)), -start))
        inside = _terms_from(best, found, missing)
        if not inside:
            break
        missing -= inside
        passage = _widen(text, best)
        if all(passage[0] >= end or passage[1] <= start for start, end in chosen):
            chosen.append(passage)
    return chosen


def _terms_from(start: int, found: Sequence[Sequence[Span]], missing: set[int]) -> set[int]:
    # A match that is longer than a passage counts where it begins.
    return {n for n in missing if any(start <= one < start + PASSAGE_LENGTH for one, _ in found[n])}


def _widen(text: str, start: int) -> Span:
    # A few words before the match, and whole words at both ends where the script has spaces.
    begin = max(0, start - PASSAGE_LENGTH // 3)
    if begin:
        space = text.find(" ", begin, start)
        begin = space + 1 if space >= 0 else begin
    end = min(len(text), start + PASSAGE_LENGTH)
    if end < len(text):
        space = text.rfind(" ", start, end)
        end = space if space > start + PASSAGE_LENGTH // 2 else end
    return begin, end


def _merge(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _mark(text: str, passage: Span, marks: Sequence[Span]) -> str:
    begin, end = passage
    made, at = [], begin
    for start, stop in marks:
        if start >= end or stop <= begin:
            continue
        start, stop = max(start, begin), min(stop, end)
        made += [str(escape(text[at:start])), f"<mark>{escape(text[start:stop])}</mark>"]
        at = stop
    return "".join([*made, str(escape(text[at:end]))])

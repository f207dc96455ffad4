"""The terms of a parsed query: which words and phrases a post must have, may have, and must not have."""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from core.threads import in_thread
from forum.search.query_parser import OR, ParsedQuery
from forum.search.terms import Term, to_term
from forum.search.tokenizer.chunks import take_apart
from forum.search.tokenizer.segmentation import words_in_run
from forum.search.tokenizer.stemming import ALGORITHMS
from storage.database import Reader
from storage.statements import statement

_ITEM = re.compile(r'"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+)')
_ADDRESS = re.compile(r"(?i)(?:\w+://|www\.|mailto:)\S+")
# What people leave out at the beginning of an address, and at its end, which says where in the page.
_SCHEME = re.compile(r"(?i)^(?:mailto:|\w+://)?(?:www\.)?(?=\w)")
_FRAGMENT = re.compile(r"#[^#]*$")
# These stand between words, except between digits. Other signs join them: rhodium/iridium, chain-of-custody.
_BETWEEN_WORDS = re.compile(
    r"[;!?()\[\]{}<>|“”„«»、。，；：！？（）【】《》「」『』…·،؛؟।]+|[,:](?!\d)|(?<!\d)[,:]"
)
MIN_PREFIX = 4
# Queries up to this length take less than a millisecond; one of 300 characters without blanks can take 20.
_INLINE_LENGTH = 80
# More different terms are left out: no question needs them, and a query of 300 signs can have 150.
MAX_TERMS = 24
# Signs of grammar, alone in a run: a post about the same thing may do without.
_PARTICLES = frozenset("的了和与及或在是之のとをにはがでもへやかな")

# Stop words are known to the dictionaries of PostgreSQL; they are matched as they are typed, with their accents.
SELECT_STOP_WORDS = statement("""
SELECT DISTINCT word FROM unnest(CAST(:words AS text[])) AS word, unnest(CAST(:dictionaries AS text[])) AS dictionary
WHERE ts_lexize(CAST(dictionary AS regdictionary), word) = '{}'
""")


class QueryTerms(Struct, frozen=True):
    """The terms of a query: one of the groups in `wanted` must match with all its terms, and no term of `unwanted`."""

    wanted: tuple[tuple[Term, ...], ...] = ()
    unwanted: tuple[Term, ...] = ()

    def written(self) -> str:
        """Return the wanted terms as a tsquery; empty if there are none."""
        groups = [" & ".join(f"({term.written()})" for term in group) for group in self.wanted]
        return " | ".join(f"({group})" for group in groups)

    def loosened(self) -> "QueryTerms":
        """Return the terms with words of four letters and more as prefixes: for forms and compounds without a stemmer."""
        return QueryTerms(
            tuple(
                tuple(term.as_prefix() if len(term.word or "") >= MIN_PREFIX else term for term in group)
                for group in self.wanted
            ),
            self.unwanted,
        )

    def terms(self) -> list[Term]:
        """Return all wanted terms."""
        return [term for group in self.wanted for term in group]


async def find_terms(tx: Reader, query: ParsedQuery, languages: Sequence[str]) -> QueryTerms:
    """Return the terms of a query in a community with these languages (ISO 639-1).

    Stop words are left out where there are other words: a post about the same thing may do without them.
    """
    if len(query.words) <= _INLINE_LENGTH:
        groups = _groups(query.words, languages)
    else:
        groups = await in_thread(_groups, query.words, languages)
    stop_words = await _find_stop_words(tx, groups, languages)
    kept = [tuple(term for term in group if term.word not in stop_words) for group in groups]
    if not any(kept):
        kept = groups
    unwanted = [term for item in query.without[:MAX_TERMS] for term in terms_of_item(item, languages)]
    return QueryTerms(tuple(tuple(group) for group in kept if group), tuple(unwanted))


def terms_of_item(item: str, languages: Sequence[str]) -> list[Term]:
    """Return the terms of a phrase in quotes or of a word, which are several if a script without spaces joins them."""
    if item.startswith('"'):
        term = to_term(item.strip('"'), languages)
        return [term] if term else []
    is_prefix = item.endswith("*")
    if _ADDRESS.match(item):
        term = to_term(_SCHEME.sub("", _FRAGMENT.sub("", item)), languages, is_prefix)
        return [term] if term else []
    pieces = [one for piece in _BETWEEN_WORDS.split(item.rstrip("*")) if piece for one in _split_runs(piece)]
    terms = [to_term(piece, languages, is_prefix and n == len(pieces)) for n, piece in enumerate(pieces, 1)]
    return [term for term in terms if term]


def _groups(words: str, languages: Sequence[str]) -> list[tuple[Term, ...]]:
    items = [found[0] for found in _ITEM.finditer(words)]
    groups: list[dict[Term, None]] = [{}]
    for place, item in enumerate(items):
        # At the beginning or the end it is a word, as in a title in capitals.
        if item == OR and groups[-1] and place < len(items) - 1:
            groups.append({})
        else:
            groups[-1] |= dict.fromkeys(terms_of_item(item, languages))
    return [tuple(terms)[:MAX_TERMS] for terms in groups if terms]


async def _find_stop_words(
    tx: Reader, groups: Sequence[tuple[Term, ...]], languages: Sequence[str]
) -> frozenset[str | None]:
    typed = {term.word.lower(): term.word for group in groups for term in group if term.word}
    if len(typed) < 2:
        return frozenset()
    dictionaries = [f"{ALGORITHMS[language]}_stem" for language in languages if language in ALGORITHMS]
    found = await tx.rows(SELECT_STOP_WORDS, words=list(typed), dictionaries=dictionaries)
    return frozenset(typed[row["word"]] for row in found)


def _split_runs(piece: str) -> Iterator[str]:
    """Take the words of scripts without spaces apart; if all are single signs, as in a name, they stay together."""
    end = 0
    for part in take_apart(piece).parts:
        if not part.is_run:
            continue
        if part.start > end:
            yield piece[end : part.start]
        run, end = part.lexemes[0], part.end
        words = words_in_run(run)
        is_name = all(len(word) == 1 for word in words)
        yield from [run] if is_name else [word for word in words if word not in _PARTICLES]
    if end < len(piece):
        yield piece[end:]

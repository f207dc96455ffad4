"""Matching: what the test of a rule finds in a text. Pure functions with bounded running time."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, singledispatch

from core.language_detection import language_identifier
from core.links import external_links, to_idna
from moderation.rules.findings import Finding
from moderation.rules.minhash import Sketch, removed_share, similarity
from moderation.rules.patterns import (
    SearchResult,
    cut_passage,
    normalize,
    search_pattern,
    search_phrases,
)
from moderation.rules.shapes import (
    Alike,
    Anything,
    Domains,
    Languages,
    Links,
    Mentions,
    Pattern,
    Phrases,
    RuleTest,
    Turned,
)
from moderation.rules.words import TextViews
from moderation.shapes_matches import Passage

_MENTION = re.compile(r'<a href="/m/([^"/]{1,80})"')
_MAX_PASSAGES = 3
# The language is detected in the first 1000 characters, if they have enough letters, and only with high confidence.
_PROSE_CHARACTERS, _MIN_LETTERS, _MIN_CONFIDENCE = 1_000, 40, 0.95
_NOT_PROSE = re.compile(r"`[^`]*`|https?://\S+|[>#*_|\[\]()@-]+")


class PreviousText(TextViews, frozen=True, kw_only=True, dict=True):
    """The text of a post before an edit. `was_approved` is true if a moderator or host once approved it."""

    posted_at: datetime
    was_approved: bool = False


class ScreenedText(TextViews, frozen=True, kw_only=True, dict=True):
    """A text to check, with its title and its circumstances.

    `trust` is None for anonymous authors, so that no rule can reveal which of them are new. `alike` are the times and
    sketches of similar recent texts, and `today` is the number of the author's posts in the last 24 hours.
    """

    site: str
    now: datetime
    trust: int | None = None
    today: int = 0
    sketch: Sequence[int] = ()
    alike: Sequence[tuple[datetime, Sketch]] = ()
    before: PreviousText | None = None


@singledispatch
def apply_test(test: RuleTest, text: ScreenedText) -> Finding | None:
    """Return what a test finds in a text, or None."""
    raise TypeError(test)


def applies_to(trust: int | None, text: ScreenedText) -> bool:
    """Return whether a rule for members up to a trust level applies to this text. Such rules never apply to anonymous
    authors."""
    return trust is None or (text.trust is not None and text.trust <= trust)


@apply_test.register
def _(test: Anything, text: ScreenedText) -> Finding | None:
    if test.a_day is None:
        return Finding("newcomer")
    if text.today >= test.a_day:
        return Finding("today", facts={"number": text.today + 1})
    return None


@apply_test.register
def _(test: Links, text: ScreenedText) -> Finding | None:
    found = external_links(text.rendered, text.site)
    if len(found) <= test.most:
        return None
    shown = [_passage_of(text, link) for link in list(found)[:_MAX_PASSAGES]]
    return Finding("links", shown, {"count": len(found)})


@apply_test.register
def _(test: Domains, text: ScreenedText) -> Finding | None:
    domains = _normalize_domains(tuple(test.domains))
    found = external_links(text.rendered, text.site)
    caught = {link: host for link, host in found.items() if _is_under(host, domains) != test.others}
    if not caught:
        return None
    hosts = sorted(set(caught.values()))[:_MAX_PASSAGES]
    passages = [_passage_of(text, link) for link in list(caught)[:_MAX_PASSAGES]]
    return Finding("domains", passages, {"sites": hosts})


@apply_test.register
def _(test: Phrases, text: ScreenedText) -> Finding | None:
    phrases = _normalize_phrases(tuple(test.phrases))
    wholes = [normalize(whole) for whole in _full_texts(text)]
    return _first_finding([(search_phrases(phrases, whole), whole) for whole in wholes], "phrase")


@apply_test.register
def _(test: Pattern, text: ScreenedText) -> Finding | None:
    wholes = _full_texts(text)
    return _first_finding([(search_pattern(test.pattern, whole), whole) for whole in wholes], "pattern")


@apply_test.register
def _(test: Alike, text: ScreenedText) -> Finding | None:
    since = text.now - timedelta(minutes=test.minutes)
    like = 0
    for at, other in text.alike:
        if at > since and similarity(text.sketch, other) >= test.percent:
            like += 1
            if like + 1 == test.count:
                break
    else:
        return None
    return Finding("alike", facts={"count": test.count, "minutes": test.minutes})


@apply_test.register
def _(test: Mentions, text: ScreenedText) -> Finding | None:
    named = sorted(set(_MENTION.findall(text.rendered)))
    if len(named) <= test.most:
        return None
    passages = [_passage_of(text, "@" + name) for name in named[:_MAX_PASSAGES]]
    return Finding("mentions", passages, {"count": len(named)})


@apply_test.register
def _(test: Turned, text: ScreenedText) -> Finding | None:
    before = text.before
    if before is None:
        return None
    if not before.was_approved and text.now - before.posted_at < timedelta(hours=test.hours):
        return None
    removed = removed_share(before.own, text.own)
    known = set(external_links(before.rendered, text.site).values())
    found = external_links(text.rendered, text.site) if test.links else {}
    new = [link for link, host in found.items() if host not in known]
    if new:
        passages = [_passage_of(text, link) for link in new[:_MAX_PASSAGES]]
        return Finding("new_link", passages, {"site": found[new[0]]})
    if removed >= test.percent:
        return Finding("replaced", facts={"count": removed})
    return None


@apply_test.register
def _(test: Languages, text: ScreenedText) -> Finding | None:
    prose = _NOT_PROSE.sub(" ", text.own_prose[:_PROSE_CHARACTERS])
    if sum(character.isalpha() for character in prose) < _MIN_LETTERS:
        return None
    code, confidence = language_identifier().classify(prose)
    if confidence < _MIN_CONFIDENCE or code in test.languages:
        return None
    return Finding("language", facts={"code": code})


def _is_under(host: str, domains: Collection[str]) -> bool:
    while host and host not in domains:
        host = host.partition(".")[2]
    return bool(host)


@lru_cache(256)
def _normalize_domains(domains: tuple[str, ...]) -> frozenset[str]:
    return frozenset(to_idna(domain.lower().removeprefix("www.")) for domain in domains)


@lru_cache(256)
def _normalize_phrases(phrases: tuple[str, ...]) -> list[str]:
    return [normalize(phrase) for phrase in phrases]


def _full_texts(text: ScreenedText) -> list[str]:
    """Return title and text as typed, and as readers see them if that differs."""
    return [text.typed] if text.shown == text.typed else [text.typed, text.shown]


def _first_finding(searches: Sequence[tuple[SearchResult, str]], what: str) -> Finding | None:
    for searched, whole in searches:
        if searched.spans:
            return Finding(what, [cut_passage(whole, *span) for span in searched.spans])
    return Finding("timed_out") if any(searched.gave_up for searched, _ in searches) else None


def _passage_of(text: ScreenedText, words: str) -> Passage:
    for whole in _full_texts(text):
        at = whole.find(words)
        if at >= 0:
            return cut_passage(whole, at, at + len(words))
    return Passage("", words[:200], "")

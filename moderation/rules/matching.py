"""Matching: what a rule finds in a text, by the text and what is known about how it came. Pure, and bounded in time."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache, singledispatch
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from moderation.rules.minhash import Sketch, removed_share, similarity
from moderation.rules.patterns import (
    SearchResult,
    cut_passage,
    normalize,
    search_pattern,
    search_phrases,
    strip_invisible,
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

_HREF = re.compile(r'<a href="((?:https?:/*|//)(?:[^"/?#]*@)?([^"/?#:@]{1,255})[^"]*)"')
_MENTION = re.compile(r'<a href="/m/([^"/]{1,80})"')
_MOST = 3
# More links than anybody writes by hand: those after them are not looked at.
_MOST_LINKS = 500
# A language is told by the first sentences, if they are long enough, and only where there is little doubt.
_FIRST, _LEAST, _SURE = 1_000, 40, 0.95
_NOT_PROSE = re.compile(r"`[^`]*`|https?://\S+|[>#*_|\[\]()@-]+")
GIVEN_UP = "It could not be looked through in time, so somebody has to read it."


class PreviousText(TextViews, frozen=True, kw_only=True, dict=True):
    """What a post said before it was edited; approved, if a moderator or host once let it through."""

    posted_at: datetime
    was_approved: bool = False


class ScreenedText(TextViews, frozen=True, kw_only=True, dict=True):
    """What is looked at: a text with its title, and how it came.

    `trust` is nobody's where it is written without a name, so that no rule can notify who is new among those who do so.
    `alike` are the sketches of what was written lately, `today` how many posts the author wrote in the last 24 hours.
    """

    site: str
    now: datetime
    trust: int | None = None
    today: int = 0
    sketch: Sequence[int] = ()
    alike: Sequence[tuple[datetime, Sketch]] = ()
    before: PreviousText | None = None


class Finding(Struct, frozen=True):
    """Why a rule catches a text, for moderators, and the passages that it matched."""

    why: str
    passages: list[Passage] = []


@singledispatch
def apply_test(test: RuleTest, text: ScreenedText) -> Finding | None:
    """What a test finds in a text."""
    raise TypeError(test)


def applies_to(trust: int | None, text: ScreenedText) -> bool:
    """Whether a rule for members up to a level of trust is for this text."""
    return trust is None or (text.trust is not None and text.trust <= trust)


@apply_test.register
def _(test: Anything, text: ScreenedText) -> Finding | None:
    if test.a_day is None:
        return Finding("by somebody who is new here")
    if text.today >= test.a_day:
        return Finding(f"post {text.today + 1} of somebody new within 24 hours")
    return None


@apply_test.register
def _(test: Links, text: ScreenedText) -> Finding | None:
    found = _links(text.rendered, text.site)
    if len(found) <= test.most:
        return None
    shown = [_shown(text, link) for link in list(found)[:_MOST]]
    return Finding(f"{_count(len(found), 'link')} to other sites", shown)


@apply_test.register
def _(test: Domains, text: ScreenedText) -> Finding | None:
    domains = _folded(tuple(test.domains))
    found = _links(text.rendered, text.site)
    caught = {link: host for link, host in found.items() if _is_under(host, domains) != test.others}
    if not caught:
        return None
    hosts = sorted(set(caught.values()))[:_MOST]
    return Finding(f"a link to {', '.join(hosts)}", [_shown(text, link) for link in list(caught)[:_MOST]])


@apply_test.register
def _(test: Phrases, text: ScreenedText) -> Finding | None:
    phrases = _plain_phrases(tuple(test.phrases))
    wholes = [normalize(whole) for whole in _wholes(text)]
    return _first([(search_phrases(phrases, whole), whole) for whole in wholes], "a phrase of the rule")


@apply_test.register
def _(test: Pattern, text: ScreenedText) -> Finding | None:
    wholes = _wholes(text)
    return _first(
        [(search_pattern(test.pattern, whole), whole) for whole in wholes], "the pattern of the rule"
    )


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
    return Finding(
        f"one of at least {test.count} texts that are nearly the same, within {_count(test.minutes, 'minute')}"
    )


@apply_test.register
def _(test: Mentions, text: ScreenedText) -> Finding | None:
    named = sorted(set(_MENTION.findall(text.rendered)))
    if len(named) <= test.most:
        return None
    return Finding(
        f"{_count(len(named), 'member')} named", [_shown(text, "@" + name) for name in named[:_MOST]]
    )


@apply_test.register
def _(test: Turned, text: ScreenedText) -> Finding | None:
    before = text.before
    if before is None:
        return None
    if not before.was_approved and text.now - before.posted_at < timedelta(hours=test.hours):
        return None
    share = removed_share(before.own, text.own)
    known = set(_links(before.rendered, text.site).values())
    found = _links(text.rendered, text.site) if test.links else {}
    new = [link for link, host in found.items() if host not in known]
    if new:
        return Finding(
            f"an edit adds a link to {found[new[0]]} that was not there before",
            [_shown(text, link) for link in new[:_MOST]],
        )
    if share >= test.percent:
        return Finding(f"an edit replaces {share} percent of what was there before")
    return None


@apply_test.register
def _(test: Languages, text: ScreenedText) -> Finding | None:
    prose = _NOT_PROSE.sub(" ", text.own_prose[:_FIRST])
    if sum(sign.isalpha() for sign in prose) < _LEAST:
        return None
    code, sure = language_identifier().classify(prose)
    if sure < _SURE or code in test.languages:
        return None
    return Finding(f"it seems to be written in another language ({code})")


@cache
def language_identifier() -> LanguageIdentifier:
    """Tells languages apart; takes a moment to be made, so whoever puts such a rule in force asks for it beside the loop."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _links(html: str, site: str) -> dict[str, str]:
    """Where the links of a text lead, each once, and to which host; those that stay here are none."""
    own = urlsplit(site).hostname
    found: dict[str, str] = {}
    for link in _HREF.finditer(html):
        if (host := _host(link[2])) != own:
            found[link[1]] = host.removeprefix("www.")
            if len(found) == _MOST_LINKS:
                break
    return found


def _host(written: str) -> str:
    """The name of a host as a browser understands what is written: one way of writing each sign, in IDNA."""
    host = unquote(written).lower()
    if not host.isascii():
        host = _ascii(unicodedata.normalize("NFKC", strip_invisible(host)).lower().replace("\u3002", "."))
    return host.rstrip(".")


def _is_under(host: str, domains: Collection[str]) -> bool:
    while host and host not in domains:
        host = host.partition(".")[2]
    return bool(host)


@lru_cache(256)
def _folded(domains: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_ascii(domain.lower().removeprefix("www.")) for domain in domains)


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


@lru_cache(256)
def _plain_phrases(phrases: tuple[str, ...]) -> list[str]:
    return [normalize(phrase) for phrase in phrases]


def _wholes(text: ScreenedText) -> list[str]:
    """Title and text as typed, and as readers see them if that is different."""
    return [text.typed] if text.shown == text.typed else [text.typed, text.shown]


def _first(searches: Sequence[tuple[SearchResult, str]], what: str) -> Finding | None:
    for searched, whole in searches:
        if searched.spans:
            return Finding(what, [cut_passage(whole, *span) for span in searched.spans])
    return Finding(GIVEN_UP) if any(searched.gave_up for searched, _ in searches) else None


def _shown(text: ScreenedText, words: str) -> Passage:
    for whole in _wholes(text):
        at = whole.find(words)
        if at >= 0:
            return cut_passage(whole, at, at + len(words))
    return Passage("", words[:200], "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

"""Matching: what a rule finds in a text, by the text and what is known about how it came. Pure, and bounded in time."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache, singledispatch
from urllib.parse import urlsplit

from msgspec import Struct
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from moderation.rules.likeness import Sketch, gone, likeness
from moderation.rules.searching import Searched, passage, plain, search_pattern, search_phrases
from moderation.rules.shapes import (
    Alike,
    Anything,
    Domains,
    Languages,
    Links,
    Mentions,
    Passage,
    Pattern,
    Phrases,
    Test,
    Turned,
)

_HREF = re.compile(r'<a href="((?:https?:)?//(?:[^"/?#@]*@)?([^"/?#:]{1,255})[^"]{0,2000})"')
_MENTION = re.compile(r'<a href="/m/([^"/]{1,80})"')
_MOST = 3
# More links than anybody writes by hand: those after them are not looked at.
_MOST_LINKS = 500
# A language is told by the first sentences, if they are long enough, and only where there is little doubt.
_FIRST, _LEAST, _SURE = 1_000, 40, 0.95
_NOT_PROSE = re.compile(r"`[^`]*`|https?://\S+|[>#*_|\[\]()@-]+")
GIVEN_UP = "It could not be looked through in time, so somebody has to read it."


class Before(Struct, frozen=True, kw_only=True):
    """What a post said before it was edited; approved, if a moderator or host once let it through."""

    body: str
    html: str
    posted_at: datetime
    was_approved: bool = False


class Text(Struct, frozen=True, kw_only=True):
    """What is looked at: a text with its title, as written and as shown, and how it came.

    `trust` is nobody's where it is written without a name, so that no rule can tell who is new among those who do so.
    `alike` are the sketches of what was written lately, `today` how many posts the author wrote in the last 24 hours.
    """

    title: str = ""
    body: str
    html: str
    site: str
    now: datetime
    trust: int | None = None
    today: int = 0
    sketch: Sketch = []
    alike: Sequence[tuple[datetime, Sketch]] = ()
    before: Before | None = None

    @property
    def whole(self) -> str:
        """Title and text, as one reads them."""
        return f"{self.title}\n{self.body}" if self.title else self.body


class Found(Struct, frozen=True):
    """Why a rule catches a text, for moderators, and the passages that it matched."""

    why: str
    passages: list[Passage] = []


@singledispatch
def find(test: Test, text: Text) -> Found | None:
    """What a test finds in a text."""
    raise TypeError(test)


def is_for(trust: int | None, text: Text) -> bool:
    """Whether a rule for members up to a level of trust is for this text."""
    return trust is None or (text.trust is not None and text.trust <= trust)


@find.register
def _(test: Anything, text: Text) -> Found | None:
    if test.a_day is None:
        return Found("by somebody who is new here")
    if text.today >= test.a_day:
        return Found(f"post {text.today + 1} of somebody new within 24 hours")
    return None


@find.register
def _(test: Links, text: Text) -> Found | None:
    found = _links(text.html, text.site)
    if len(found) <= test.most:
        return None
    shown = [_shown(text, link) for link in list(found)[:_MOST]]
    return Found(f"{_count(len(found), 'link')} to other sites", shown)


@find.register
def _(test: Domains, text: Text) -> Found | None:
    domains = _folded(tuple(test.domains))
    found = _links(text.html, text.site)
    caught = {link: host for link, host in found.items() if _is_under(host, domains) != test.others}
    if not caught:
        return None
    hosts = sorted(set(caught.values()))[:_MOST]
    return Found(f"a link to {', '.join(hosts)}", [_shown(text, link) for link in list(caught)[:_MOST]])


@find.register
def _(test: Phrases, text: Text) -> Found | None:
    whole = plain(text.whole)
    return _found(search_phrases(_plain_phrases(tuple(test.phrases)), whole), whole, "a phrase of the rule")


@find.register
def _(test: Pattern, text: Text) -> Found | None:
    return _found(search_pattern(test.pattern, text.whole), text.whole, "the pattern of the rule")


@find.register
def _(test: Alike, text: Text) -> Found | None:
    since = text.now - timedelta(minutes=test.minutes)
    like = 0
    for at, other in text.alike:
        if at > since and likeness(text.sketch, other) >= test.percent:
            like += 1
            if like + 1 == test.count:
                break
    else:
        return None
    return Found(
        f"one of at least {test.count} texts that are nearly the same, within {_count(test.minutes, 'minute')}"
    )


@find.register
def _(test: Mentions, text: Text) -> Found | None:
    named = sorted(set(_MENTION.findall(text.html)))
    if len(named) <= test.most:
        return None
    return Found(
        f"{_count(len(named), 'member')} named", [_shown(text, "@" + name) for name in named[:_MOST]]
    )


@find.register
def _(test: Turned, text: Text) -> Found | None:
    before = text.before
    if before is None:
        return None
    if not before.was_approved and text.now - before.posted_at < timedelta(hours=test.hours):
        return None
    share = gone(before.body, text.body)
    known = set(_links(before.html, text.site).values())
    found = _links(text.html, text.site) if test.links else {}
    new = [link for link, host in found.items() if host not in known]
    if new:
        return Found(
            f"an edit adds a link to {found[new[0]]} that was not there before",
            [_shown(text, link) for link in new[:_MOST]],
        )
    if share >= test.percent:
        return Found(f"an edit replaces {share} percent of what was there before")
    return None


@find.register
def _(test: Languages, text: Text) -> Found | None:
    prose = _NOT_PROSE.sub(" ", text.body[:_FIRST])
    if sum(sign.isalpha() for sign in prose) < _LEAST:
        return None
    code, sure = identifier().classify(prose)
    if sure < _SURE or code in test.languages:
        return None
    return Found(f"it seems to be written in another language ({code})")


@cache
def identifier() -> LanguageIdentifier:
    """Tells languages apart; takes a moment to be made, so whoever puts such a rule in force asks for it beside the loop."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _links(html: str, site: str) -> dict[str, str]:
    """Where the links of a text lead, each once, and to which host; those that stay here are none."""
    own = urlsplit(site).hostname
    found: dict[str, str] = {}
    for link in _HREF.finditer(html):
        if (host := link[2].lower().rstrip(".")) != own:
            found[link[1]] = host.removeprefix("www.")
            if len(found) == _MOST_LINKS:
                break
    return found


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
    return [plain(phrase) for phrase in phrases]


def _found(searched: Searched, text: str, what: str) -> Found | None:
    if searched.gave_up:
        return Found(GIVEN_UP)
    if not searched.spans:
        return None
    return Found(what, [passage(text, *span) for span in searched.spans])


def _shown(text: Text, words: str) -> Passage:
    at = text.body.find(words)
    return Passage("", words[:200], "") if at < 0 else passage(text.body, at, at + len(words))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

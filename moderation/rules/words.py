"""Translations: what rules look at of a text. That is what its readers will see, quotations among it, and how it was typed."""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from html import unescape
from urllib.parse import unquote

from msgspec import Struct

from forum.text.quotes import QuotedText
from moderation.rules.patterns import strip_invisible

_PLACE = re.compile(r'<blockquote class="quote" data-quote="(\d{1,18})"></blockquote>')
_NAMED = re.compile(r"\[\[quote (\d{1,18})\]\]")
_REST = r'(?: [^>"]*(?:"[^"]*"[^>"]*)*)?>'
_FOOTNOTE = re.compile(r'<sup class="footnote-ref">.*?</sup>', re.S)
_CODE = re.compile(r"<(pre|code)[ >].*?</\1>", re.S)
# Elements inside a line: words go on through them, and a line that is broken is still one sentence.
_INLINE = re.compile(r"</?(?:a|em|strong|del|code|span|sup|bdi)" + _REST)
_BREAK = re.compile("<br" + _REST)
_TAG = re.compile("</?[a-z][a-z0-9]*" + _REST)
_TARGET = re.compile(r' href="([^"#][^"]*)"')
_SAID = re.compile(r' (?:alt|title)="([^"]+)"')
_BLANKS = re.compile(r"\s+")


class TextViews(Struct, frozen=True, kw_only=True, dict=True):
    """A text with its title, in the ways in which rules look at it; each is made when a rule asks for it.

    `body` and `html` are as they are stored, where quotations are only named; `quoted` are the words of those.
    """

    title: str = ""
    body: str
    html: str
    quoted: Mapping[int, QuotedText] = {}

    @cached_property
    def typed(self) -> str:
        """Title and text as they were typed, with the words of quotations."""
        said = {str(id): one.body for id, one in self.quoted.items()}
        body = _NAMED.sub(lambda name: said.get(name[1], name[0]), self.body) if said else self.body
        return f"{self.title}\n{body}" if self.title else body

    @cached_property
    def rendered(self) -> str:
        """The HTML that readers get, with quotations in their places."""
        return _filled(self.html, self.quoted)

    @cached_property
    def shown(self) -> str:
        """Title and words as readers see them, without signs that nobody sees, and after them where links lead."""
        words = extract_words(self.rendered) if self.html else strip_invisible(self.body)
        return f"{strip_invisible(self.title)}\n{words}" if self.title else words

    @cached_property
    def own(self) -> str:
        """The words that are the author's: what others have really said is not, what is put into their mouths is."""
        return extract_words(self._own_html) if self.html else self.body

    @cached_property
    def own_prose(self) -> str:
        """The author's words without code."""
        return extract_words(_CODE.sub(" ", self._own_html)) if self.html else self.body

    @property
    def _own_html(self) -> str:
        return _filled(self.html, {id: one for id, one in self.quoted.items() if not one.is_exact})


def extract_words(html: str) -> str:
    """The words of rendered HTML: a block a line, elements inside a line joined, and at the end what stands in attributes
    and is seen: descriptions of pictures, titles, and where links lead."""
    text = _BLANKS.sub(" ", html)
    if "footnote-ref" in text:
        text = _FOOTNOTE.sub("", text)
    text = _TAG.sub("\n", _BREAK.sub(" ", _INLINE.sub("", text)))
    lines = [*unescape(text).split("\n"), *map(unescape, _SAID.findall(html)), *_targets(html)]
    tidied = (" ".join(strip_invisible(line).split()) for line in lines)
    kept: dict[str, None] = dict.fromkeys(line for line in tidied if line)
    return "\n".join(kept)


def embedded_quotes(htmls: Iterable[str]) -> Collection[int]:
    """Which quotations are put into these texts when they are shown."""
    return {int(id) for html in htmls if "data-quote=" in html for id in _PLACE.findall(html)}


def _targets(html: str) -> list[str]:
    # As typed, and as a browser reads it: `%61` is an `a`.
    found = [unescape(target) for target in _TARGET.findall(html)]
    return [*found, *(unquote(target) for target in found if "%" in target)]


def _filled(html: str, quoted: Mapping[int, QuotedText]) -> str:
    if not quoted:
        return html
    left = dict(quoted)

    def words(place: re.Match[str]) -> str:
        # However often something is quoted, it is looked at once.
        one = left.pop(int(place[1]), None)
        return "" if one is None else f"<blockquote>{one.html}</blockquote>"

    return _PLACE.sub(words, html)

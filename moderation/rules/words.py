"""The views of a text that rules check: as typed, and as readers will see it, including quotations."""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from html import unescape
from urllib.parse import unquote

from msgspec import Struct

from core.visible import strip_invisible
from forum.text.quoted_words import QuotedText

_QUOTE_PLACEHOLDER = re.compile(r'<blockquote class="quote" data-quote="(\d{1,18})"></blockquote>')
_QUOTE_REFERENCE = re.compile(r"\[\[quote (\d{1,18})\]\]")
_ATTRIBUTES = r'(?: [^>"]*(?:"[^"]*"[^>"]*)*)?>'
_FOOTNOTE = re.compile(r'<sup class="footnote-ref">.*?</sup>', re.S)
_CODE = re.compile(r"<(pre|code)[ >].*?</\1>", re.S)
# Inline elements do not separate words, and a line break does not end a sentence.
_INLINE = re.compile(r"</?(?:a|em|strong|del|code|span|sup|bdi)" + _ATTRIBUTES)
_BREAK = re.compile("<br" + _ATTRIBUTES)
_TAG = re.compile("</?[a-z][a-z0-9]*" + _ATTRIBUTES)
_HREF = re.compile(r' href="([^"#][^"]*)"')
_VISIBLE_ATTRIBUTE = re.compile(r' (?:alt|title)="([^"]+)"')
_WHITE_SPACE = re.compile(r"\s+")


class TextViews(Struct, frozen=True, kw_only=True, dict=True):
    """A text with its title, in the views that rules check; each view is computed when a rule first needs it.

    `body` and `html` are as stored, with references to quotations; `quoted` has the texts of those.
    """

    title: str = ""
    body: str
    html: str
    quoted: Mapping[int, QuotedText] = {}

    @cached_property
    def typed(self) -> str:
        """Return title and text as typed, with quotations filled in."""
        bodies = {str(id): quote.body for id, quote in self.quoted.items()}
        body = (
            _QUOTE_REFERENCE.sub(lambda match: bodies.get(match[1], match[0]), self.body)
            if bodies
            else self.body
        )
        return f"{self.title}\n{body}" if self.title else body

    @cached_property
    def rendered(self) -> str:
        """Return the HTML that readers get, with quotations filled in."""
        return _fill_quotes(self.html, self.quoted)

    @cached_property
    def shown(self) -> str:
        """Return title and words as readers see them, without invisible characters, followed by the targets of links."""
        words = extract_words(self.rendered) if self.html else strip_invisible(self.body)
        return f"{strip_invisible(self.title)}\n{words}" if self.title else words

    @cached_property
    def own(self) -> str:
        """Return the author's own words. A quotation counts as the author's unless its words are exactly those of the
        quoted post."""
        return extract_words(self._own_html) if self.html else self.body

    @cached_property
    def own_prose(self) -> str:
        """Return the author's own words without code."""
        return extract_words(_CODE.sub(" ", self._own_html)) if self.html else self.body

    @property
    def _own_html(self) -> str:
        return _fill_quotes(self.html, {id: quote for id, quote in self.quoted.items() if not quote.is_exact})


def extract_words(html: str) -> str:
    """Return the words of rendered HTML, one block per line, followed by the visible attributes: image descriptions,
    titles and link targets."""
    text = _WHITE_SPACE.sub(" ", html)
    if "footnote-ref" in text:
        text = _FOOTNOTE.sub("", text)
    text = _TAG.sub("\n", _BREAK.sub(" ", _INLINE.sub("", text)))
    lines = [
        *unescape(text).split("\n"),
        *map(unescape, _VISIBLE_ATTRIBUTE.findall(html)),
        *_link_targets(html),
    ]
    tidied = (" ".join(strip_invisible(line).split()) for line in lines)
    unique: dict[str, None] = dict.fromkeys(line for line in tidied if line)
    return "\n".join(unique)


def embedded_quotes(htmls: Iterable[str]) -> Collection[int]:
    """Return the ids of the quotations that are shown in these texts."""
    return {int(id) for html in htmls if "data-quote=" in html for id in _QUOTE_PLACEHOLDER.findall(html)}


def _link_targets(html: str) -> list[str]:
    # As typed, and percent-decoded as browsers read it: `%61` is an `a`.
    found = [unescape(target) for target in _HREF.findall(html)]
    return [*found, *(unquote(target) for target in found if "%" in target)]


def _fill_quotes(html: str, quoted: Mapping[int, QuotedText]) -> str:
    if not quoted:
        return html
    unused = dict(quoted)

    def fill(placeholder: re.Match[str]) -> str:
        # A quotation that is shown several times is checked once.
        quote = unused.pop(int(placeholder[1]), None)
        return "" if quote is None else f"<blockquote>{quote.html}</blockquote>"

    return _QUOTE_PLACEHOLDER.sub(fill, html)

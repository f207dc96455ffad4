"""The words of quotes, rendered and compared with the posts that they quote."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

from msgspec import Struct

from forum.text.excerpts import words_of_html
from forum.text.markdown import render
from forum.text.quote_source import TypedQuote, is_verbatim, letters_of, remove_nested_quotes


class QuotedText(Struct, frozen=True):
    """The words of a quote as Markdown and as HTML; `is_exact` is whether the quoted post says exactly these words."""

    body: str
    html: str
    is_exact: bool


def render_quotes(quotes: Sequence[TypedQuote], post_html: Mapping[int, str]) -> list[QuotedText]:
    """Return the words of each quote; `post_html` has the rendered text of every quoted post by its id."""
    letters = {
        post: letters_of(words_of_html(post_html[post])) for post in {quote.post_id for quote in quotes}
    }
    texts = []
    for quote in quotes:
        words = remove_nested_quotes(quote.words)
        html = render(words, prefix=f"q{digest_of(words).hex()[:10]}-").html
        texts.append(QuotedText(words, html, is_verbatim(html, letters[quote.post_id])))
    return texts


def digest_of(words: str) -> bytes:
    """Return the 16 bytes by which the same words of the same post are stored once."""
    return blake2b(words.encode(), digest_size=16).digest()

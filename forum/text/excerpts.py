"""The plain words of a text on one line: of rendered HTML or of Markdown, whole or as an excerpt.

The caller says which of the two it has. Nothing looks at the first character, because Markdown may begin with `<`.
"""

import html
import re

from forum.text.markdown import markdown_to_html

_LEFT_OUT = re.compile(
    r'<details class="quoted".*?</details>|<div class="signature">.*?</div>|<sup class="footnote-ref">.*?</sup>',
    re.S,
)
_IMAGE = re.compile(r'<img src="[^"]*" alt="([^"]*)"[^>]*>')
_INLINE_TAG = re.compile(r"</?(?:a|em|strong|del|code|span|sup)(?: [^>]*)?>")
_ANY_TAG = re.compile(r"<[^>]*>")
_BLANK = re.compile(r"\s+")
# An excerpt is made of the first so many characters of the source for each character that is shown.
_SOURCE_PER_CHARACTER = 4


def words_of_html(page: str) -> str:
    """Return the words of safe HTML on one line, without quoted e-mails, signatures and footnote marks."""
    page = _IMAGE.sub(r"\1", _LEFT_OUT.sub("", page))
    return _BLANK.sub(" ", html.unescape(_ANY_TAG.sub(" ", _INLINE_TAG.sub("", page)))).strip()


def excerpt_of_html(page: str, limit: int) -> str:
    """Return the first words of safe HTML on one line of at most `limit` characters."""
    return cut_words(words_of_html(page), limit)


def excerpt_of_markdown(source: str, limit: int) -> str:
    """Return the first words of Markdown on one line of at most `limit` characters, in time that depends on `limit`."""
    return cut_words(words_of_html(markdown_to_html(source[: _SOURCE_PER_CHARACTER * limit])), limit)


def cut_words(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters, cut at a space if there is one, with an ellipsis if it was cut."""
    if len(text) <= limit:
        return text
    space = text.rfind(" ", 0, limit)
    return text[: space if space > limit // 2 else limit - 1].rstrip(" ,;:.-") + "…"

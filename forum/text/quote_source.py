"""Quotes in the source of a text: how they are typed, found, and replaced by markers.

A typed quote is a block quote whose first line links to the quoted post. A stored text contains the marker `[[quote ID]]`
instead, where ID is the row of the table `quotations` that keeps the words.
"""

import re

from msgspec import Struct

from forum.text.excerpts import words_of_html

MARKER = re.compile(r"^\[\[quote (\d{1,18})\]\]$", re.M)

_FIRST_LINE = re.compile(r"> ?\[[^\]\n]{1,200}\]\(/p/(\d{1,18})\):?[ \t]*")
_QUOTE_SIGNS = re.compile(r"[> ]*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_ELLIPSIS = re.compile(r"\[(?:\.\.\.|…)\]")
_NOT_IN_LABEL = re.compile(r"[\[\]\n\\]")


class TypedQuote(Struct, frozen=True):
    """A quote in a Markdown source: the lines from `start` to before `end`, the id of the quoted post, and the words."""

    start: int
    end: int
    post_id: int
    words: str


def format_quote(post_id: int, number: int, author: str, words: str) -> str:
    """Return the Markdown of a quote for the editor: a block quote whose first line links to the post.

    Quotes inside the quoted words are left out.
    """
    label = f"{_NOT_IN_LABEL.sub('', author) or 'Anonymous'}, #{number}"
    lines = strip_quote_markers(words).strip().split("\n")
    quoted_lines = "\n".join(f"> {line}".rstrip() for line in lines)
    return f"> [{label}](/p/{post_id}):\n{quoted_lines}\n\n"


def strip_quote_markers(body: str) -> str:
    """Return a stored text without its quote markers."""
    return MARKER.sub("", body) if "[[quote " in body else body


def may_contain_quotes(body: str) -> bool:
    """Return whether a text may contain typed quotes; False is certain, and the check costs almost nothing."""
    return "](/p/" in body and ">" in body


def find_quotes(body: str) -> list[TypedQuote]:
    """Return the typed quotes of a Markdown text in their order; block quotes inside fenced code do not count."""
    lines = body.split("\n")
    quotes: list[TypedQuote] = []
    fence = ""
    at = 0
    while at < len(lines):
        opening = _FENCE.match(lines[at]) if "```" in lines[at] or "~~~" in lines[at] else None
        if opening:
            fence = "" if fence and opening[1].startswith(fence) else fence or opening[1]
        is_candidate = not fence and lines[at].startswith(">")
        first_line = _FIRST_LINE.fullmatch(lines[at]) if is_candidate else None
        end = at + 1
        while first_line and end < len(lines) and lines[end].startswith(">"):
            end += 1
        words = "\n".join(line[1:].removeprefix(" ") for line in lines[at + 1 : end]).strip()
        if first_line and words:
            quotes.append(TypedQuote(at, end, int(first_line[1]), words))
        at = end
    return quotes


def replace_quote(lines: list[str], quote: TypedQuote, marker: str) -> None:
    """Replace a typed quote in the lines of its text by a marker in a paragraph of its own."""
    before = [""] if quote.start and lines[quote.start - 1].strip() else []
    after = [""] if quote.end < len(lines) and lines[quote.end].strip() else []
    lines[quote.start : quote.end] = [*before, marker, *after]


def remove_nested_quotes(words: str) -> str:
    """Return the words of a quote with `[…]` in place of every quote and quote marker inside them.

    A nested quote belongs to a third post; it would stay visible here after that post was hidden or withdrawn.
    """
    kept: list[str] = []
    nested_depth = 0
    for line in words.split("\n"):
        depth = len(_QUOTE_SIGNS.match(line)[0].replace(" ", ""))  # type: ignore[index]
        if nested_depth and depth >= nested_depth:
            continue
        nested_depth = depth if depth and _FIRST_LINE.fullmatch(f"> {line.lstrip('> ')}") else 0
        kept.append("[…]" if nested_depth else line)
    return MARKER.sub("[…]", "\n".join(kept))


def is_verbatim(quote_html: str, post_letters: str) -> bool:
    """Return whether a post with these letters says the words of the quote in order; `[…]` stands for words left out.

    `post_letters` are those that `letters_of` returns for the words of the post.
    """
    at = 0
    for part in _ELLIPSIS.split(words_of_html(quote_html)):
        at = post_letters.find(letters_of(part), at)
        if at < 0:
            return False
    return True


def letters_of(words: str) -> str:
    """Return only the letters and digits of a text, case-folded: words copied from a page have lost their markup."""
    return _NOT_ALPHANUMERIC.sub("", words).casefold()

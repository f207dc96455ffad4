"""Paragraphs of plain mail text as HTML: prose that was wrapped by hand flows again, code and tables keep their shape."""

import html
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import comrak

from forum.text.code_highlighting import highlight
from forum.text.complexity import TooIntricate, ensure_can_render, ensure_output_within_bounds
from forum.text.sanitizer import REL, sanitize

# Mail programs wrap prose between these widths. A shorter line ends where its author ended it.
MIN_WIDTH = 50
MAX_WIDTH = 100
MAX_BLOCK_LENGTH = 20_000

_EXTENSIONS = comrak.ExtensionOptions()
_EXTENSIONS.table = True
_RENDER_OPTIONS = comrak.RenderOptions()
_RENDER_OPTIONS.escape = True

_URL = re.compile(
    r"https?://(?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,18}(?::\d{2,4})?(?:/[^\s<>\"'`{}|\\^\[\]]*)?(?![\w.@-])", re.I
)
_MARKDOWN_LINK = re.compile(r"\[([^\[\]\n]{1,200})\]\((https?://[^\s()<>]{1,500})\)")
# Indented lines and columns, also between lines that were drawn with characters.
_CODE_LIKE_LINE = re.compile(r"(?: {4,}|\t)\S|\S.* {3,}\S|\s*\|.*\|\s*$|\s*\+[-=+]{3,}\+\s*$")
_DIFF_HUNK = re.compile(r"@@ -\d{1,9}(?:,\d{1,9})? \+\d{1,9}")
_SPACES_TO_KEEP = re.compile(r"^[ \t]+| {2,}")
_ITEM = re.compile(r"\s{0,8}(?:[-*+•·–—o]|\d{1,3}[.)]|[a-zA-Z][.)]|\[\d{1,3}\])\s")
_LABEL = re.compile(r"[^\W\d_][\w -]{0,24}: ")
_FENCE = re.compile(r"\s{0,3}(```|~~~)[\w+-]{0,20}\s*$")
_DELIMITER_ROW = re.compile(r"\s{0,3}\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*){1,40}\|?\s*$")


def wrap_width(lines: Sequence[str]) -> int:
    """Return the width at which the prose of a mail was wrapped; 0 if it was not."""
    lengths = sorted(
        (
            len(line.rstrip())
            for line, following in pairwise(lines)
            if following.strip(" >")
            and MIN_WIDTH <= len(line.rstrip()) <= MAX_WIDTH
            and line.rstrip()[-1] not in ":：…"
        ),
        reverse=True,
    )
    # One or two lines are longer than the others, with a URL at their end.
    return lengths[2 if len(lengths) > 5 else 0] if lengths else 0


def paragraphs(lines: Sequence[str], width: int) -> Iterator[str]:
    """Yield the paragraphs of some lines as HTML; `width` is where their prose was wrapped."""
    paragraph: list[str] = []
    last_fence = {line.strip(): at for at, line in enumerate(lines) if line.strip() in ("```", "~~~")}
    at = 0
    while at < len(lines):
        line = lines[at]
        fence = _FENCE.match(line)
        end = _end_of_fence(lines, at) if fence and last_fence.get(fence[1], 0) > at else 0
        if end:
            yield from _paragraph(paragraph, width)
            paragraph = []
            yield render_block("\n".join(lines[at:end]))
            at = end
            continue
        if line.strip():
            paragraph.append(line.rstrip())
        else:
            yield from _paragraph(paragraph, width)
            paragraph = []
        at += 1
    yield from _paragraph(paragraph, width)


def escape(text: str) -> str:
    """Return a text as HTML."""
    return html.escape(text, quote=False).replace("\xa0", "&nbsp;")


def _end_of_fence(lines: Sequence[str], at: int) -> int:
    fence = lines[at].strip()[:3]
    return next((end + 1 for end in range(at + 1, len(lines)) if lines[end].strip() == fence), 0)


def _paragraph(lines: list[str], width: int) -> Iterator[str]:
    if not lines:
        return
    if len(lines) > 1 and "|" in lines[0] and _DELIMITER_ROW.match(lines[1]):
        yield render_block("\n".join(lines))
        return
    # Indented lines and columns (code, tables) lose their shape in proportional type; half of the lines decide.
    code_like = sum(1 for line in lines if _CODE_LIKE_LINE.match(line))
    is_diff = any(_DIFF_HUNK.match(line) for line in lines)
    if is_diff or (code_like and 2 * code_like >= len(lines)):
        yield "<pre>" + "\n".join(map(_link_urls, lines)) + "</pre>\n"
        return
    pieces = [_keep_spaces(_link_urls(lines[0]))]
    is_item = bool(_ITEM.match(lines[0]))
    for line, following in pairwise(lines):
        is_next_item = bool(_ITEM.match(following))
        is_indented = following.startswith(" ")
        if not is_next_item and (is_item or not is_indented) and _was_wrapped(line, following, width):
            pieces.append("\n" + _keep_spaces(_link_urls(following.lstrip())))
        else:
            pieces.append("<br>" + _keep_spaces(_link_urls(following)))
            is_item = is_next_item
    yield f"<p>{''.join(pieces)}</p>\n"


def _was_wrapped(line: str, following: str, width: int) -> bool:
    # The next word had no room, and neither line says that it stands for itself.
    if len(line) > MAX_WIDTH or line.endswith((":", "：", "...", "…")) or _LABEL.match(following):
        return False
    return width > 0 and len(line) + 1 + len(following.split(None, 1)[0]) > width >= MIN_WIDTH


def _keep_spaces(line: str) -> str:
    if "  " not in line and not line.startswith(" "):
        return line
    return _SPACES_TO_KEEP.sub(
        lambda run: "&nbsp;" * (len(run[0]) - 1) + ("&nbsp;" if run.start() == 0 else " "), line
    )


def _link_urls(line: str) -> str:
    if "://" not in line:
        return escape(line)
    if "](http" not in line:
        return _link_bare_urls(line)
    out = []
    done = 0
    for link in _MARKDOWN_LINK.finditer(line):
        out.append(_link_bare_urls(line[done : link.start()]))
        is_url = _URL.fullmatch(link[2])
        out.append(
            f'<a href="{escape(link[2])}" rel="{REL}">{escape(link[1])}</a>' if is_url else escape(link[0])
        )
        done = link.end()
    return "".join((*out, _link_bare_urls(line[done:])))


def _link_bare_urls(line: str) -> str:
    out = []
    done = 0
    for found in _URL.finditer(line):
        url = found[0].rstrip(".,;:!?*_-")
        if url.endswith(")") and url.count("(") < url.count(")"):
            url = url[:-1]
        shown = escape(url)
        out.append(escape(line[done : found.start()]))
        out.append(f'<a href="{shown}" rel="{REL}">{shown}</a>')
        done = found.start() + len(url)
    out.append(escape(line[done:]))
    return "".join(out)


def render_block(block: str) -> str:
    """Return a fenced code block or a table as safe HTML; as preformatted text if it is too intricate."""
    try:
        if len(block) > MAX_BLOCK_LENGTH:
            raise TooIntricate
        ensure_can_render(block)
        # Images would be loaded from other sites when the page is read.
        source = block if block.lstrip().startswith(("```", "~~~")) else block.replace("![", "!\\[")
        raw = comrak.render_markdown(source, _EXTENSIONS, comrak.ParseOptions(), _RENDER_OPTIONS)
        ensure_output_within_bounds(raw, block)
    except TooIntricate:
        return f"<pre>{html.escape(block, quote=False)}</pre>\n"
    return sanitize(highlight(raw))

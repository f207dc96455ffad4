"""Markdown in mails where it is unambiguous, that is, fenced code and tables, as safe HTML."""

import html

import comrak

from forum.text.code_highlighting import highlight
from forum.text.complexity import TooIntricate, ensure_can_render, ensure_output_within_bounds
from forum.text.sanitizer import sanitize

MAX_BLOCK_LENGTH = 20_000

_EXTENSIONS = comrak.ExtensionOptions()
_EXTENSIONS.table = True
_RENDER_OPTIONS = comrak.RenderOptions()
_RENDER_OPTIONS.escape = True


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

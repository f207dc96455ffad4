"""Rendering of a text for publication: of a text of which readers would see nothing, nothing is published."""

import re
from collections.abc import Collection

from core.visible import NothingVisible, is_visible
from forum.text.excerpts import words_of_html
from forum.text.markdown import render
from forum.text.sanitizer import Rendered

# Letters or digits of ASCII outside of tags and entities: most texts need no closer look.
_PLAIN_WORDS = re.compile(r">[^<&]*[A-Za-z0-9]")
_VISIBLE_TAG = re.compile(r'<(?:img|hr|input|blockquote class="quote") ?')


def render_visible(
    body: str, *, topic: int | None = None, site: str = "", handles: Collection[str] = ()
) -> Rendered:
    """Render Markdown as `render` does; raise NothingVisible if readers would see nothing of it.

    A text of link definitions or of entities such as `&#8203;` has visible characters only in its source.
    """
    rendered = render(body, topic=topic, site=site, handles=handles)
    page = rendered.html
    if not (_PLAIN_WORDS.search(page) or _VISIBLE_TAG.search(page) or is_visible(words_of_html(page))):
        raise NothingVisible(field="body")
    return rendered

"""Rendering of texts during a request: short ones at once, long ones in a thread."""

import re

from core.threads import in_thread
from core.visible import NothingVisible, is_visible
from forum.text.excerpts import words_of_html
from forum.text.markdown import render
from forum.text.sanitizer import Rendered

# The slowest text of this length renders in less than 10 ms (bench/hostile.py); most posts are shorter.
INLINE_LENGTH = 2_000

# Letters or digits of ASCII outside of tags and entities: most texts need no closer look.
_PLAIN_WORDS = re.compile(r">[^<&]*[A-Za-z0-9]")
_VISIBLE_TAG = re.compile(r'<(?:img|hr|input|blockquote class="quote") ?')


async def render_text(body: str, *, prefix: str = "", topic: int | None = None, site: str = "") -> Rendered:
    """Render Markdown as `render` does, in a thread if the text is long; raise TooIntricate above the limits."""
    if len(body) <= INLINE_LENGTH:
        return render(body, prefix=prefix, topic=topic, site=site)
    return await in_thread(render, body, prefix=prefix, topic=topic, site=site)


async def render_post(body: str, *, topic: int | None = None, site: str = "") -> Rendered:
    """Render a text that is about to be published; raise NothingVisible if readers would see nothing of it.

    A text of link definitions or of entities such as `&#8203;` has visible characters only in its source.
    """
    rendered = await render_text(body, topic=topic, site=site)
    page = rendered.html
    if not (_PLAIN_WORDS.search(page) or _VISIBLE_TAG.search(page) or is_visible(words_of_html(page))):
        raise NothingVisible(field="body")
    return rendered

"""Markdown rendered to safe HTML when it is written."""

import html
import re
from collections.abc import Collection
from hashlib import blake2b

import comrak

from forum.text.code_highlighting import highlight
from forum.text.complexity import (
    TooIntricate,
    ensure_can_render,
    ensure_output_within_bounds,
    may_link_addresses,
)
from forum.text.direction import set_directions
from forum.text.mail_html import render_mail
from forum.text.mentions import link_mentions
from forum.text.sanitizer import Reference, Rendered, sanitize

__all__ = ["Reference", "Rendered", "TooIntricate", "markdown_to_html", "render", "render_mail", "sanitize"]

_IMAGE_OR_LINK = re.compile(r'<img src="([^"]*)" alt="([^"]*)"(?: title="([^"]*)")? />|<a [^>]*>|</a>')
_UPLOADED_IMAGE = re.compile(r"/files/\d{1,18}/[\w.-]+\.(?:png|jpe?g|webp)(?:\?\d{1,5}x\d{1,5})?$", re.I)
_HEADINGS = (("h5", "h6"), ("h4", "h6"), ("h3", "h5"), ("h2", "h4"), ("h1", "h3"))
_TOPIC_LINK = re.compile(r'href="/t/(\d{1,12})(?:/(\d{1,9})|/[a-z0-9-]+(?:/(\d{1,9}))?)?(?:\?[^"]*)?"')
_SURROGATES = re.compile("[\ud800-\udfff\0]")
# Uploaded files are links until the HTML is sanitized. Then images become <img>, and a file that is alone in its paragraph
# becomes a card.
_IMAGE_LINK = re.compile(
    r'(?P<alone><p>)?<a href="(?P<src>/files/\d{1,18}/[\w.-]+)(?:\?(?P<wide>\d{1,5})x(?P<high>\d{1,5}))?#picture"'
    r'(?: title="(?P<title>[^"]*)")? rel="[^"]*">(?P<alt>[^<]*)</a>(?(alone)</p>)'
)
_FILE_PARAGRAPH = re.compile(
    r'<p>(<a href="/files/\d{1,18}/[\w.-]+?(?:\.(\w{1,5}))?" rel="[^"]*">[^<]*</a>)</p>'
)
# The marker of a quotation in a paragraph of its own; quote_display.py inserts the words when the post is shown.
_QUOTE_MARKER = re.compile(r"<p>\[\[quote (\d{1,18})\]\]</p>")


def _extensions(autolink: bool = True) -> comrak.ExtensionOptions:
    options = comrak.ExtensionOptions()
    options.table = True
    options.strikethrough = True
    options.autolink = autolink
    options.tasklist = True
    options.footnotes = True
    return options


def _render_options() -> comrak.RenderOptions:
    options = comrak.RenderOptions()
    options.tasklist_classes = True
    # HTML in the source is shown as text, so that nothing the author typed disappears.
    options.escape = True
    return options


_EXTENSIONS = _extensions()
_WITHOUT_AUTOLINK = _extensions(autolink=False)
_PARSE_OPTIONS = comrak.ParseOptions()
_RENDER_OPTIONS = _render_options()


def render(
    body: str, *, prefix: str = "", topic: int | None = None, site: str = "", handles: Collection[str] = ()
) -> Rendered:
    """Render Markdown as safe HTML with links for mentions and references; raise TooIntricate above the limits.

    `prefix` makes the ids of footnotes unique on a page with several posts (default: a hash of the text), `topic` is the
    topic that `#14` refers to, and `site` is the public address of this service, which is removed from links to topics.
    `handles` are those of members among `uncertain_handles`.
    """
    body = _SURROGATES.sub("\ufffd", body.replace("\r\n", "\n").replace("\r", "\n"))
    ensure_can_render(body)

    raw = markdown_to_html(body)
    ensure_output_within_bounds(raw, body)
    if "<img " in raw:
        raw = _link_images(raw)
    if "<h" in raw:
        raw = _lower_headings(raw)
    if "data-footnote" in raw:
        raw = _prefix_footnote_ids(raw, prefix or f"n{blake2b(body.encode(), digest_size=5).hexdigest()}-")
    if site:
        raw = raw.replace(f'href="{html.escape(site.rstrip("/"))}/t/', 'href="/t/')

    safe = sanitize(highlight(raw))
    mentions: tuple[str, ...] = ()
    if "@" in body or "＠" in body or "/t/" in body or "#" in body:
        safe, mentions = link_mentions(safe, topic, handles)
    if "/files/" in safe:
        safe = _FILE_PARAGRAPH.sub(_file_card_html, _IMAGE_LINK.sub(_image_html, safe))
    if "[[quote " in safe:
        safe = _QUOTE_MARKER.sub(r'<blockquote class="quote" data-quote="\1"></blockquote>', safe)
    ensure_output_within_bounds(safe, body)
    return Rendered(set_directions(safe), mentions, _references(safe))


def markdown_to_html(source: str) -> str:
    """Return Markdown as HTML that is neither sanitized nor limited: for the words of it, never for a page."""
    extensions = _EXTENSIONS if may_link_addresses(source) else _WITHOUT_AUTOLINK
    page: str = comrak.render_markdown(source, extensions, _PARSE_OPTIONS, _RENDER_OPTIONS)
    return page


def _image_html(link: re.Match[str]) -> str:
    size = f' width="{link["wide"]}" height="{link["high"]}"' if link["wide"] else ""
    # Without a description, the file name is the alternative text.
    alt = link["alt"].replace('"', "&quot;") or link["src"].rpartition("/")[2]
    image = f'<a href="{link["src"]}"><img src="{link["src"]}" alt="{alt}"{size} loading="lazy"></a>'
    if link["alone"] is None:
        return image
    caption = f"<figcaption>{link['title']}</figcaption>" if link["title"] else ""
    return f"<figure>{image}{caption}</figure>"


def _file_card_html(paragraph: re.Match[str]) -> str:
    kind = f" <span>{paragraph[2].upper()}</span>" if paragraph[2] else ""
    return f'<p class="file">{paragraph[1]}{kind}</p>'


def _link_images(raw: str) -> str:
    # Reading a page must not load anything from other sites (tracking), so an image becomes a link to it, or only its
    # description if it is inside a link.
    is_in_link = False

    def replace_image(tag: re.Match[str]) -> str:
        nonlocal is_in_link
        if tag[1] is None:
            is_in_link = tag[0] != "</a>"
            return tag[0]
        words = tag[2] or tag[1]
        if is_in_link or not tag[1]:
            return words
        if _UPLOADED_IMAGE.match(tag[1]):
            title = f' title="{tag[3]}"' if tag[3] else ""
            return f'<a href="{tag[1]}#picture"{title}>{tag[2]}</a>'
        return f'<a href="{tag[1]}">{words}</a>'

    return _IMAGE_OR_LINK.sub(replace_image, raw)


def _lower_headings(raw: str) -> str:
    # The page's title is h1 and the author line of a post is h2, so headings inside a post start at h3.
    for old, new in _HEADINGS:
        raw = raw.replace(f"<{old}>", f"<{new}>").replace(f"</{old}>", f"</{new}>")
    return raw


def _prefix_footnote_ids(raw: str, prefix: str) -> str:
    return raw.replace('id="fn', f'id="{prefix}fn').replace('href="#fn', f'href="#{prefix}fn')


def _references(safe: str) -> tuple[Reference, ...]:
    if 'href="/t/' not in safe:
        return ()
    found = ((int(topic), number or late) for topic, number, late in _TOPIC_LINK.findall(safe))
    return tuple(dict.fromkeys(Reference(topic, int(number) if number else None) for topic, number in found))

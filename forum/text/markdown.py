"""Markdown rendered to safe HTML when it is written, and HTML or Markdown reduced to the plain words of an excerpt."""

import html
import re
from hashlib import blake2b

import comrak

from forum.text.code_highlighting import highlight
from forum.text.complexity import TooIntricate, ensure_can_render, ensure_output_within_bounds
from forum.text.mail_html import render_mail
from forum.text.sanitizer import REL, Reference, Rendered, sanitize
from members.handles import normalize_handle

__all__ = ["Reference", "Rendered", "TooIntricate", "plain_excerpt", "render", "render_mail", "sanitize"]

MAX_MENTIONS = 50
MAX_LOCAL_LINKS = 200

_IMAGE_OR_LINK = re.compile(r'<img src="([^"]*)" alt="([^"]*)"(?: title="([^"]*)")? />|<a [^>]*>|</a>')
_UPLOADED_IMAGE = re.compile(r"/files/\d{1,18}/[\w.-]+\.(?:png|jpe?g|webp)(?:\?\d{1,5}x\d{1,5})?$", re.I)
_HEADINGS = (("h5", "h6"), ("h4", "h6"), ("h3", "h5"), ("h2", "h4"), ("h1", "h3"))
_TAG = re.compile(r'(<[^>"]*(?:"[^"]*"[^>"]*)*>)')
_NO_LINKS_INSIDE = re.compile(r"<(/?)(?:a|code|pre)[ >]")
_MENTION_OR_REFERENCE = re.compile(
    r"(?<![\w/#&;@.:-])(?:@(?P<handle>[^\W_][\w-]{1,28}[^\W_])(?![\w-])"
    r"|/t/(?P<topic>\d{1,12})(?:/(?P<number>\d{1,9})|/[a-z0-9-]+(?:/(?P<late>\d{1,9}))?)?(?![\w/-])"
    r"|\#(?P<here>\d{1,9})(?![\w-]))"
)
_TOPIC_LINK = re.compile(r'href="/t/(\d{1,12})(?:/(\d{1,9})|/[a-z0-9-]+(?:/(\d{1,9}))?)?(?:\?[^"]*)?"')
_POST_NUMBER_LINK = re.compile(r'href="#(\d{1,9})"')
_SURROGATES = re.compile("[\ud800-\udfff\0]")
_LEFT_OUT_OF_EXCERPTS = re.compile(
    r'<details class="quoted".*?</details>|<div class="signature">.*?</div>|<sup class="footnote-ref">.*?</sup>',
    re.S,
)
_INLINE_TAG = re.compile(r"</?(?:a|em|strong|del|code|span|sup)(?: [^>]*)?>")
_ANY_TAG = re.compile(r"<[^>]*>")
_MARKDOWN_SYNTAX = re.compile(
    r"^[ \t]*(?:>|#{1,6}[ \t]|[-*+][ \t]|```.*$)+|[*`~]+|\[\^[^\]\n]*\]:?|!?\[([^\]\n]*)\]\([^)\n]*\)", re.M
)
# Uploaded files are links until the HTML is sanitized. Then images become <img>, and a file that is alone in its paragraph
# becomes a card.
_IMAGE_LINK = re.compile(
    r'(?P<alone><p>)?<a href="(?P<src>/files/\d{1,18}/[\w.-]+)(?:\?(?P<wide>\d{1,5})x(?P<high>\d{1,5}))?#picture"'
    r'(?: title="(?P<title>[^"]*)")? rel="[^"]*">(?P<alt>[^<]*)</a>(?(alone)</p>)'
)
_FILE_PARAGRAPH = re.compile(
    r'<p>(<a href="/files/\d{1,18}/[\w.-]+?(?:\.(\w{1,5}))?" rel="[^"]*">[^<]*</a>)</p>'
)
_BLANK = re.compile(r"\s+")
# The marker of a quotation in a paragraph of its own; quote_display.py inserts the words when the post is shown.
_QUOTE_MARKER = re.compile(r"<p>\[\[quote (\d{1,18})\]\]</p>")


def _extensions() -> comrak.ExtensionOptions:
    options = comrak.ExtensionOptions()
    options.table = True
    options.strikethrough = True
    options.autolink = True
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
_PARSE_OPTIONS = comrak.ParseOptions()
_RENDER_OPTIONS = _render_options()


def render(body: str, *, prefix: str = "", topic: int | None = None, site: str = "") -> Rendered:
    """Render Markdown as safe HTML with links for mentions and references; raise TooIntricate above the limits.

    `prefix` makes the ids of footnotes unique on a page with several posts (default: a hash of the text), `topic` is the
    topic that `#14` refers to, and `site` is the public address of this service, which is removed from links to topics.
    """
    body = _SURROGATES.sub("\ufffd", body.replace("\r\n", "\n").replace("\r", "\n"))
    ensure_can_render(body)

    raw: str = comrak.render_markdown(body, _EXTENSIONS, _PARSE_OPTIONS, _RENDER_OPTIONS)
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
    if "@" in body or "/t/" in body or "#" in body:
        safe, mentions = _link_mentions(safe, topic)
    if "/files/" in safe:
        safe = _FILE_PARAGRAPH.sub(_file_card_html, _IMAGE_LINK.sub(_image_html, safe))
    if "[[quote " in safe:
        safe = _QUOTE_MARKER.sub(r'<blockquote class="quote" data-quote="\1"></blockquote>', safe)
    ensure_output_within_bounds(safe, body)
    return Rendered(safe, mentions, _references(safe))


def plain_excerpt(text: str, limit: int) -> str:
    """Return the words of rendered HTML (it starts with `<`) or of Markdown, on one line of at most `limit` characters."""
    if text.startswith("<"):
        text = html.unescape(_ANY_TAG.sub(" ", _INLINE_TAG.sub("", _LEFT_OUT_OF_EXCERPTS.sub("", text))))
    else:
        text = _MARKDOWN_SYNTAX.sub(lambda marker: marker[1] or "", text[: 4 * limit])
    text = _BLANK.sub(" ", text).strip()
    if len(text) <= limit:
        return text
    space = text.rfind(" ", 0, limit)
    return text[: space if space > limit // 2 else limit - 1].rstrip(" ,;:.-") + "…"


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


def _link_mentions(safe: str, topic: int | None) -> tuple[str, tuple[str, ...]]:
    # Returns the HTML with links for `@handle`, `/t/12` and `#14`, and the mentioned handles.
    mentions: dict[str, None] = {}
    links = 0
    # How many open <a>, <code> and <pre> elements enclose the current text.
    enclosing = 0

    def link(found: re.Match[str]) -> str:
        nonlocal links
        handle = normalize_handle(found["handle"] or "")
        target = f"/m/{handle}" if handle else _reference_url(found, topic)
        is_over_limit = handle and handle not in mentions and len(mentions) >= MAX_MENTIONS
        if target is None or links >= MAX_LOCAL_LINKS or is_over_limit or " " in handle:
            return found[0]
        links += 1
        if handle:
            mentions[handle] = None
            return f'<a href="{target}" class="mention" rel="{REL}">{found[0]}</a>'
        return f'<a href="{target}" rel="{REL}">{found[0]}</a>'

    parts = _TAG.split(safe)
    for i, part in enumerate(parts):
        if i % 2:
            tag = _NO_LINKS_INSIDE.match(part)
            if tag:
                enclosing += -1 if tag[1] else 1
        elif not enclosing and part:
            parts[i] = _MENTION_OR_REFERENCE.sub(link, part)
    safe = "".join(parts)
    if topic is not None and 'href="#' in safe:
        safe = _POST_NUMBER_LINK.sub(rf'href="/t/{topic}/\1"', safe)
    return safe, tuple(mentions)


def _reference_url(found: re.Match[str], topic: int | None) -> str | None:
    if found["topic"]:
        return found[0]
    return f"/t/{topic}/{found['here']}" if topic is not None else None


def _references(safe: str) -> tuple[Reference, ...]:
    if 'href="/t/' not in safe:
        return ()
    found = ((int(topic), number or late) for topic, number, late in _TOPIC_LINK.findall(safe))
    return tuple(dict.fromkeys(Reference(topic, int(number) if number else None) for topic, number in found))

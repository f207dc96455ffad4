"""Markdown to safe HTML, once, when it is written; and HTML to the plain words of an extract."""

import html
import re
from hashlib import blake2b

import comrak

from forum.text.code_highlighting import highlight
from forum.text.complexity import TooIntricate, ensure_can_render, ensure_output_within_bounds
from forum.text.mail_html import render_mail
from forum.text.sanitizer import REL, Reference, Rendered, sanitise
from members.handles import fold_handle

__all__ = ["Reference", "Rendered", "TooIntricate", "plain", "render", "render_mail", "sanitise"]

MENTIONS = 50
OWN_LINKS = 200

_IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"(?: title="([^"]*)")? />|<a [^>]*>|</a>')
_OWN_PICTURE = re.compile(r"/files/\d{1,18}/[\w.-]+\.(?:png|jpe?g|webp)(?:\?\d{1,5}x\d{1,5})?$", re.I)
_HEADINGS = (("h5", "h6"), ("h4", "h6"), ("h3", "h5"), ("h2", "h4"), ("h1", "h3"))
_TAG = re.compile(r'(<[^>"]*(?:"[^"]*"[^>"]*)*>)')
_OPAQUE = re.compile(r"<(/?)(?:a|code|pre)[ >]")
_CALLS = re.compile(
    r"(?<![\w/#&;@.:-])(?:@(?P<handle>[^\W_][\w-]{1,28}[^\W_])(?![\w-])"
    r"|/t/(?P<topic>\d{1,12})(?:/(?P<number>\d{1,9})|/[a-z0-9-]+(?:/(?P<late>\d{1,9}))?)?(?![\w/-])"
    r"|\#(?P<here>\d{1,9})(?![\w-]))"
)
_OWN = re.compile(r'href="/t/(\d{1,12})(?:/(\d{1,9})|/[a-z0-9-]+(?:/(\d{1,9}))?)?(?:\?[^"]*)?"')
_HERE = re.compile(r'href="#(\d{1,9})"')
_SURROGATES = re.compile("[\ud800-\udfff\0]")
_FOLDED = re.compile(
    r'<details class="quoted".*?</details>|<div class="signature">.*?</div>|<sup class="footnote-ref">.*?</sup>',
    re.S,
)
_INLINE = re.compile(r"</?(?:a|em|strong|del|code|span|sup)(?: [^>]*)?>")
_ANY_TAG = re.compile(r"<[^>]*>")
_MARKERS = re.compile(
    r"^[ \t]*(?:>|#{1,6}[ \t]|[-*+][ \t]|```.*$)+|[*`~]+|\[\^[^\]\n]*\]:?|!?\[([^\]\n]*)\]\([^)\n]*\)", re.M
)
# Our own files are put in once all else is safe: pictures as such, what stands alone as a card.
_PICTURE = re.compile(
    r'(?P<alone><p>)?<a href="(?P<src>/files/\d{1,18}/[\w.-]+)(?:\?(?P<wide>\d{1,5})x(?P<high>\d{1,5}))?#picture"'
    r'(?: title="(?P<title>[^"]*)")? rel="[^"]*">(?P<alt>[^<]*)</a>(?(alone)</p>)'
)
_CARD = re.compile(r'<p>(<a href="/files/\d{1,18}/[\w.-]+?(?:\.(\w{1,5}))?" rel="[^"]*">[^<]*</a>)</p>')
_BLANK = re.compile(r"\s+")
# A quotation, named by its number in a paragraph of its own: its words are put in when it is shown (see quoting.py).
_QUOTATION = re.compile(r"<p>\[\[quote (\d{1,18})\]\]</p>")


def _extensions() -> comrak.ExtensionOptions:
    options = comrak.ExtensionOptions()
    options.table = True
    options.strikethrough = True
    options.autolink = True
    options.tasklist = True
    options.footnotes = True
    return options


def _rendering() -> comrak.RenderOptions:
    options = comrak.RenderOptions()
    options.tasklist_classes = True
    # HTML that somebody types is shown as typed: nothing of what was written disappears.
    options.escape = True
    return options


_EXTENSIONS = _extensions()
_PARSING = comrak.ParseOptions()
_RENDERING = _rendering()


def render(body: str, *, prefix: str = "", topic: int | None = None, site: str = "") -> Rendered:
    """Markdown as safe HTML, or `TooIntricate`.

    `prefix` sets a post's footnotes apart from those of other posts on the page (by default something made of the
    text), `topic` is where `#14` leads, `site` is our public address, whose links become links inside.
    """
    body = _SURROGATES.sub("\ufffd", body.replace("\r\n", "\n").replace("\r", "\n"))
    ensure_can_render(body)

    raw: str = comrak.render_markdown(body, _EXTENSIONS, _PARSING, _RENDERING)
    ensure_output_within_bounds(raw, body)
    if "<img " in raw:
        raw = _link_images(raw)
    if "<h" in raw:
        raw = _lower_headings(raw)
    if "data-footnote" in raw:
        raw = _set_apart(raw, prefix or f"n{blake2b(body.encode(), digest_size=5).hexdigest()}-")
    if site:
        raw = raw.replace(f'href="{html.escape(site.rstrip("/"))}/t/', 'href="/t/')

    safe = sanitise(highlight(raw))
    mentions: tuple[str, ...] = ()
    if "@" in body or "/t/" in body or "#" in body:
        safe, mentions = _call(safe, topic)
    if "/files/" in safe:
        safe = _CARD.sub(_card, _PICTURE.sub(_picture, safe))
    if "[[quote " in safe:
        safe = _QUOTATION.sub(r'<blockquote class="quote" data-quote="\1"></blockquote>', safe)
    ensure_output_within_bounds(safe, body)
    return Rendered(safe, mentions, _references(safe))


def plain(text: str, limit: int) -> str:
    """The words of rendered HTML, or of a Markdown source, on one line of at most `limit` characters."""
    if text.startswith("<"):
        text = html.unescape(_ANY_TAG.sub(" ", _INLINE.sub("", _FOLDED.sub("", text))))
    else:
        text = _MARKERS.sub(lambda marker: marker[1] or "", text[: 4 * limit])
    text = _BLANK.sub(" ", text).strip()
    if len(text) <= limit:
        return text
    space = text.rfind(" ", 0, limit)
    return text[: space if space > limit // 2 else limit - 1].rstrip(" ,;:.-") + "…"


def _picture(found: re.Match[str]) -> str:
    size = f' width="{found["wide"]}" height="{found["high"]}"' if found["wide"] else ""
    # A picture that nobody has described is at least called by its name.
    alt = found["alt"].replace('"', "&quot;") or found["src"].rpartition("/")[2]
    image = f'<a href="{found["src"]}"><img src="{found["src"]}" alt="{alt}"{size} loading="lazy"></a>'
    if found["alone"] is None:
        return image
    caption = f"<figcaption>{found['title']}</figcaption>" if found["title"] else ""
    return f"<figure>{image}{caption}</figure>"


def _card(found: re.Match[str]) -> str:
    kind = f" <span>{found[2].upper()}</span>" if found[2] else ""
    return f'<p class="file">{found[1]}{kind}</p>'


def _link_images(raw: str) -> str:
    # Nothing foreign is loaded by reading: an image is a link to it, or inside a link the words that describe it.
    is_in_link = False

    def show(tag: re.Match[str]) -> str:
        nonlocal is_in_link
        if tag[1] is None:
            is_in_link = tag[0] != "</a>"
            return tag[0]
        words = tag[2] or tag[1]
        if is_in_link or not tag[1]:
            return words
        if _OWN_PICTURE.match(tag[1]):
            title = f' title="{tag[3]}"' if tag[3] else ""
            return f'<a href="{tag[1]}#picture"{title}>{tag[2]}</a>'
        return f'<a href="{tag[1]}">{words}</a>'

    return _IMAGE.sub(show, raw)


def _lower_headings(raw: str) -> str:
    # A post stands below the page's title and its own author line: its first heading is a third.
    for old, new in _HEADINGS:
        raw = raw.replace(f"<{old}>", f"<{new}>").replace(f"</{old}>", f"</{new}>")
    return raw


def _set_apart(raw: str, prefix: str) -> str:
    return raw.replace('id="fn', f'id="{prefix}fn').replace('href="#fn', f'href="#{prefix}fn')


def _call(safe: str, topic: int | None) -> tuple[str, tuple[str, ...]]:
    mentions: dict[str, None] = {}
    links = 0
    opaque = 0

    def link(call: re.Match[str]) -> str:
        nonlocal links
        handle = fold_handle(call["handle"] or "")
        target = f"/m/{handle}" if handle else _target(call, topic)
        is_one_too_many = handle and handle not in mentions and len(mentions) >= MENTIONS
        if target is None or links >= OWN_LINKS or is_one_too_many or " " in handle:
            return call[0]
        links += 1
        if handle:
            mentions[handle] = None
            return f'<a href="{target}" class="mention" rel="{REL}">{call[0]}</a>'
        return f'<a href="{target}" rel="{REL}">{call[0]}</a>'

    parts = _TAG.split(safe)
    for i, part in enumerate(parts):
        if i % 2:
            tag = _OPAQUE.match(part)
            if tag:
                opaque += -1 if tag[1] else 1
        elif not opaque and part:
            parts[i] = _CALLS.sub(link, part)
    safe = "".join(parts)
    if topic is not None and 'href="#' in safe:
        safe = _HERE.sub(rf'href="/t/{topic}/\1"', safe)
    return safe, tuple(mentions)


def _target(call: re.Match[str], topic: int | None) -> str | None:
    if call["topic"]:
        return call[0]
    return f"/t/{topic}/{call['here']}" if topic is not None else None


def _references(safe: str) -> tuple[Reference, ...]:
    if 'href="/t/' not in safe:
        return ()
    found = ((int(topic), number or late) for topic, number, late in _OWN.findall(safe))
    return tuple(dict.fromkeys(Reference(topic, int(number) if number else None) for topic, number in found))

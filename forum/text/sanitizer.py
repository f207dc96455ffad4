"""The HTML sanitizer, which all HTML from members and archives passes before it is shown, and the result of rendering."""

import re

import nh3
from msgspec import Struct

from forum.text.code_highlighting import CLASSES, LANGUAGES

TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "span"),
    *("ul", "ol", "li", "input", "table", "thead", "tbody", "tr", "th", "td"),
    *("em", "strong", "del", "a", "sup", "section", "details", "summary", "div"),
}
ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href", "title", "id", "aria-label"},
    "li": {"id"},
    "ol": {"start"},
    "input": {"checked", "disabled"},
    "details": {"open"},
}
ALLOWED_CLASSES = {
    "a": {"mention", "footnote-backref"},
    "sup": {"footnote-ref"},
    "section": {"footnotes"},
    "ul": {"contains-task-list"},
    "ol": {"contains-task-list"},
    "li": {"task-list-item"},
    "details": {"quoted"},
    "div": {"signature"},
    "code": {f"language-{name}" for name in LANGUAGES},
    "span": set(CLASSES),
}
SCHEMES = {"http", "https", "mailto"}
REL = "nofollow ugc noopener"
_TAG = re.compile(r'(<[^>"]*(?:"[^"]*"[^>"]*)*>)')


class Reference(Struct, frozen=True):
    """A link to a topic of this site, or to the post with this number in it."""

    topic: int
    number: int | None = None


class Rendered(Struct, frozen=True):
    """Safe HTML, the handles that it mentions, and the topics and posts of this site that it links to."""

    html: str
    mentions: tuple[str, ...] = ()
    links: tuple[Reference, ...] = ()


def sanitize(html: str) -> str:
    """Return the HTML with only the tags, attributes and classes listed here; sanitizing twice changes nothing."""
    return _CLEANER.clean(html)


def _keep_local_url(url: str) -> str | None:
    # `//host` and `/\host` have no scheme, yet browsers follow them to another site.
    if url.startswith("#") or (url.startswith("/") and not url.startswith(("//", "/\\"))):
        return url
    return None


_CLEANER = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags={"script", "style"},
    attributes=ATTRIBUTES,
    tag_attribute_values={
        "th": {"align": {"left", "center", "right"}},
        "td": {"align": {"left", "center", "right"}},
        "input": {"type": {"checkbox"}},
    },
    set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
    allowed_classes=ALLOWED_CLASSES,
    link_rel=REL,
    url_schemes=SCHEMES,
    url_relative=_keep_local_url,
)


def split_at_tags(safe: str) -> list[str]:
    """Return sanitized HTML as its texts and tags in turns; the first and the last part are texts, which may be empty."""
    return _TAG.split(safe)

"""The one gate to the page: which HTML may be shown, whoever wrote it, and what a rendered text is."""

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
OWN_CLASSES = {
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


class Reference(Struct, frozen=True):
    """A link to one of our own topics, or to one post in it."""

    topic: int
    number: int | None = None


class Rendered(Struct, frozen=True):
    """Safe HTML, the handles it calls by name, and the topics and posts of ours that it links to."""

    html: str
    mentions: tuple[str, ...] = ()
    links: tuple[Reference, ...] = ()


def sanitise(html: str) -> str:
    """HTML of which only what is listed here is left; doing it twice changes nothing."""
    return _CLEANER.clean(html)


def _keep_own(url: str) -> str | None:
    # Links without a scheme lead into this site or nowhere: `//host` and `/\\host` would leave it unannounced.
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
    allowed_classes=OWN_CLASSES,
    link_rel=REL,
    url_schemes=SCHEMES,
    url_relative=_keep_own,
)

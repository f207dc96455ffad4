"""What a translator must not change: before a text is sent, code, mentions, addresses and quotations become placeholders,
and tags lose their attributes; both are put back into the answer, which must contain each of them once.

So nothing that a translator answers can become a link, an attribute or a tag that the post does not have.
"""

import re
from collections import Counter

import nh3
from msgspec import Struct

from core.text import NO_CONTROLS
from forum.text.direction import set_directions
from forum.text.sanitizer import TAGS, split_at_tags

# What these contain is not translated: it is in no language, or in that of somebody else.
_WHOLE = frozenset({"code", "pre", "blockquote", "sup"})
_WHOLE_CLASSES = re.compile(r' class="(?:mention|quoted|signature)"')
_BLOCKS = frozenset({"pre", "blockquote", "details", "div"})
_VOID = frozenset({"br", "hr", "img", "input"})
_NAME = re.compile(r"</?([a-z][a-z0-9]*)")
# Links whose text is an address; e-mail addresses, names of hosts, mentions and hashtags in plain text.
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[^\s@]+@[^\s@]+\.[^\s@]+|/\S*")
_IN_TEXT = re.compile(
    r"(?:https?://|www\.)[^\s<]+|[\w.+-]+@[\w-]+\.[\w.-]*\w|(?<![\w.-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w.])"
    r"|(?<![\w&])[@#]\w[\w-]*"
)
# The translation stands on the same page, where an id may occur once, and has directions of its own.
_OWN_ATTRIBUTES = re.compile(r' (?:id|dir|lang)="[^"]*"')
_NUMBERED = re.compile(r'<([a-z][a-z0-9]*) id="([pt])(\d+)">')
_LETTER = re.compile(r"[^\W\d_]")
_ENTITY = re.compile(r"&#?\w{1,8};")
# A translation is rarely twice as long; a short text may become much longer.
_MOST_TIMES, _MOST_MORE = 4, 1_000
# Tags of another language may be nested otherwise. Thousands in each other take seconds to clean and to show.
_MOST_DEEPER = 10
_CAN_BE_STORED = re.compile(NO_CONTROLS)
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")


class BadTranslation(Exception):
    """The answer is no translation of what was sent: it lacks placeholders, has too many, or is empty or far too long."""


class Protected(Struct, frozen=True):
    """HTML to send to a translator, and what its placeholders (`p0`, `p1` ...) and numbered tags (`t0` ...) stand for."""

    page: str
    pieces: list[str]
    tags: list[str]
    has_words: bool


class _Protection:
    def __init__(self) -> None:
        self.page: list[str] = []
        self.pieces: list[str] = []
        self.tags: list[str] = []
        self.has_words = False

    def keep(self, piece: str, name: str = "span") -> str:
        """Return the placeholder of a piece; a translator leaves alone what says `translate="no"`."""
        number = len(self.pieces)
        self.pieces.append("".join(map(_for_translation, split_at_tags(piece))))
        return f'<{name} id="p{number}" translate="no">{number}</{name}>'

    def add_text(self, text: str) -> None:
        """Add text between tags, with placeholders for the addresses in it."""
        written = _IN_TEXT.sub(lambda found: self.keep(found[0]), text)
        self.has_words = self.has_words or _has_words(_IN_TEXT.sub("", text))
        self.page.append(written)

    def add_tag(self, tag: str, name: str) -> None:
        """Add a tag; one with attributes gets a number instead of them."""
        if name in _VOID and (" " in tag or name not in TAGS):
            self.page.append(self.keep(tag))
        elif " " not in tag:
            self.page.append(tag)
        else:
            self.page.append(f'<{name} id="t{len(self.tags)}">')
            self.tags.append(_for_translation(tag))


def protect(page: str) -> Protected:
    """Return safe HTML as it can be sent to a translator."""
    parts, found, at = split_at_tags(page), _Protection(), 0
    while at < len(parts):
        if at % 2 == 0:
            found.add_text(parts[at])
        else:
            name = _name_of(parts[at])
            end = _end_of_whole(parts, at, name)
            if end > at:
                block = name in _BLOCKS
                found.page.append(found.keep("".join(parts[at : end + 1]), "div" if block else "span"))
                at = end
            else:
                found.add_tag(parts[at], name)
        at += 1
    return Protected("".join(found.page), found.pieces, found.tags, found.has_words)


def restore(answer: str, protected: Protected) -> str:
    """Return the safe HTML of a translation, from the answer of a translator; raise BadTranslation."""
    if len(answer) > _MOST_TIMES * len(protected.page) + _MOST_MORE:
        raise BadTranslation("far longer than the text")
    if not _CAN_BE_STORED.fullmatch(answer):
        raise BadTranslation("characters that are none")
    if _depth(answer) > _depth(protected.page) + _MOST_DEEPER:
        raise BadTranslation("tags far deeper in each other than in the text")
    names = {_name_of(tag) for tag in split_at_tags(protected.page)[1::2]}
    cleaner = nh3.Cleaner(
        tags=names & TAGS,
        clean_content_tags={"script", "style"},
        attributes={"*": {"id"}},
        link_rel=None,
    )
    parts = split_at_tags(cleaner.clean(answer))
    if not any(map(_has_words, parts[::2])):
        raise BadTranslation("without words")
    seen: Counter[str] = Counter()
    for at in range(1, len(parts), 2):
        if numbered := _NUMBERED.fullmatch(parts[at]):
            _put_back(parts, at, numbered, protected, seen)
        elif " " in parts[at]:
            raise BadTranslation("a tag with a number that was not sent")
    wanted = [*_numbers("p", protected.pieces), *_numbers("t", protected.tags)]
    if seen != Counter(wanted):
        raise BadTranslation("placeholders are missing or there twice")
    return set_directions("".join(parts))


def _put_back(
    parts: list[str], at: int, numbered: re.Match[str], protected: Protected, seen: Counter[str]
) -> None:
    name, kind, number = numbered[1], numbered[2], int(numbered[3])
    originals = protected.pieces if kind == "p" else protected.tags
    if number >= len(originals):
        raise BadTranslation("a number that was not sent")
    seen[f"{kind}{number}"] += 1
    if kind == "p":
        if parts[at + 1].strip() != str(number) or parts[at + 2 : at + 3] != [f"</{name}>"]:
            raise BadTranslation("an altered placeholder")
        parts[at], parts[at + 1], parts[at + 2] = originals[number], "", ""
    elif _name_of(originals[number]) == name:
        parts[at] = originals[number]
    else:
        raise BadTranslation("a number at another tag")


def _depth(page: str) -> int:
    """Return how many tags are open at once at most."""
    depth = most = 0
    for end, name in _ANY_TAG.findall(page):
        if name.lower() not in _VOID:
            depth = max(0, depth - 1) if end else depth + 1
            most = max(most, depth)
    return most


def _for_translation(part: str) -> str:
    return _OWN_ATTRIBUTES.sub("", part) if part.startswith("<") else part


def _numbers(kind: str, originals: list[str]) -> list[str]:
    return [f"{kind}{number}" for number in range(len(originals))]


def _name_of(tag: str) -> str:
    name = _NAME.match(tag)
    return name[1] if name else ""


def _has_words(text: str) -> bool:
    return _LETTER.search(_ENTITY.sub("", text)) is not None


def _end_of_whole(parts: list[str], at: int, name: str) -> int:
    """Return where an element ends that becomes one placeholder, or `at` if the tag begins none."""
    tag = parts[at]
    if tag.startswith("</") or name in _VOID:
        return at
    is_address = name == "a" and _ADDRESS.fullmatch(parts[at + 1].strip()) is not None
    if name in TAGS - _WHOLE and not is_address and not _WHOLE_CLASSES.search(tag):
        return at
    depth = 0
    for end in range(at, len(parts), 2):
        if _name_of(parts[end]) == name:
            depth += -1 if parts[end].startswith("</") else 1
            if depth == 0:
                return end
    return at

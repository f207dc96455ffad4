"""Mentions (`@handle`) and references (`/t/12`, `#14`) in rendered HTML, shown as links.

Addresses and paths contain `@` and are no mentions: `bob@example.org`, `@bob@example.org`, `@bob:example.org`,
`@bob.example.org`, `@bob/package`, `/home/@bob`.
"""

import re
import unicodedata
from collections.abc import Collection

from forum.text.sanitizer import REL, split_at_tags
from members.handles import MAX_LENGTH, MIN_LENGTH, leading_handle, normalize_handle

MAX_MENTIONS = 50
MAX_LOCAL_LINKS = 200
# At most so many handles are looked up for the mentions of a text whose end is uncertain.
MAX_CANDIDATES = 1_000

# Scripts that put no spaces between words: Thai, Lao, Tibetan, Burmese, Khmer, kana and Han. A mention or reference stands
# directly beside their letters.
_UNSPACED = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
# In Arabic and Hebrew, words such as "and" and "to" are written together with the next one; Korean attaches particles.
_PREFIXES = "\u05d0-\u05ea\u0620-\u064a\uac00-\ud7a3"
# In these scripts nobody sees where a handle ends and the text goes on: 请@李明看, @민수님.
_UNCERTAIN = re.compile(f"[{_UNSPACED}\uac00-\ud7a3]")
# Vowel signs and tone marks are parts of handles, but `\\w` does not contain them.
_MARKS = "".join(
    chr(code)
    for block in (range(0x300, 0x1E00), range(0xA800, 0xAC00))
    for code in block
    if unicodedata.category(chr(code)) in ("Mn", "Mc")
)
_RUN = rf"[^\W_](?:[\w-]|[{_MARKS}])*"
_ENCLOSING = re.compile(r"<(/?)(a|code|pre|blockquote)[ >]")
_MENTION_OR_REFERENCE = re.compile(
    rf"(?<![^\W{_UNSPACED}{_PREFIXES}])(?<![@＠#&=%\\])[@＠](?P<run>{_RUN})"
    rf"|(?<![^\W{_UNSPACED}])(?<![/#&;@.:-])(?:"
    r"/t/(?P<topic>\d{1,12})(?:/(?P<number>\d{1,9})|/[a-z0-9-]+(?:/(?P<late>\d{1,9}))?)?(?!/)"
    rf"|\#(?P<here>\d{{1,9}}))(?![^\W{_UNSPACED}])(?!-)"
)
# What follows `@bob` in an address or a path.
_ADDRESS_OR_PATH = re.compile(r"[@＠\\]|/(?![@＠\s]|$)|\.[a-z0-9]|:[\w-]+\.\w")
# What stands before `@` in an address or a path. Two mentions may be joined by a slash.
_IN_ADDRESS_OR_PATH = re.compile(r"\w[.+-]$|//\S*$|/$")
_AFTER_MENTION = re.compile(r"[@＠][\w-]+[/+]$")
# Two handles side by side in a script without spaces: @李明@王小明.
_NEXT_MENTION = re.compile(rf"[@＠][{_UNSPACED}\uac00-\ud7a3]")
_LOOK_BACK = 80
_SOURCE_RUN = re.compile(rf"[@＠]({_RUN})")
_POST_NUMBER_LINK = re.compile(r'href="#(\d{1,9})"')


def uncertain_handles(source: str) -> list[str]:
    """Return the handles that the mentions of a text may be, where the end of the handle cannot be seen, longest first."""
    if source.isascii() or ("@" not in source and "＠" not in source):
        return []
    candidates: dict[str, None] = {}
    for run in _SOURCE_RUN.finditer(source):
        if len(candidates) >= MAX_CANDIDATES:
            break
        if _UNCERTAIN.search(run[1], 0, MAX_LENGTH + 1):
            candidates |= dict.fromkeys(map(normalize_handle, _prefixes(run[1])))
    return list(candidates)[:MAX_CANDIDATES]


def link_mentions(safe: str, topic: int | None, handles: Collection[str] = ()) -> tuple[str, tuple[str, ...]]:
    """Return safe HTML with links for `@handle`, `/t/12` and `#14`, and the mentioned handles, each once.

    `topic` is the topic that `#14` refers to. `handles` are those of `uncertain_handles` that belong to members: the longest
    of them is meant. A handle in a quotation is linked, but it is no mention: its member was notified of the words when they
    were first said.
    """
    linker = _Linker(topic, handles)
    parts = split_at_tags(safe)
    for i, part in enumerate(parts):
        if i % 2:
            linker.enter(part)
        elif part and not linker.is_in_link_or_code:
            parts[i] = _MENTION_OR_REFERENCE.sub(linker.link, part)
    linked = "".join(parts)
    if topic is not None and 'href="#' in linked:
        linked = _POST_NUMBER_LINK.sub(rf'href="/t/{topic}/\1"', linked)
    return linked, tuple(linker.mentions)


class _Linker:
    """What has been linked so far, and which elements enclose the current text."""

    def __init__(self, topic: int | None, handles: Collection[str]) -> None:
        self.topic = topic
        self.handles = handles
        self.mentions: dict[str, None] = {}
        self.links = 0
        self.depth = {"link or code": 0, "quotation": 0}

    @property
    def is_in_link_or_code(self) -> bool:
        return self.depth["link or code"] > 0

    def enter(self, tag: str) -> None:
        """Take note of an opening or closing tag."""
        if found := _ENCLOSING.match(tag):
            kind = "quotation" if found[2] == "blockquote" else "link or code"
            self.depth[kind] += -1 if found[1] else 1

    def link(self, found: re.Match[str]) -> str:
        """Return a mention or reference as a link, or as it is."""
        if found["run"]:
            return self._link_mention(found)
        url = found[0] if found["topic"] else None
        if found["here"] and self.topic is not None:
            url = f"/t/{self.topic}/{found['here']}"
        if url is None or self.links >= MAX_LOCAL_LINKS:
            return found[0]
        self.links += 1
        return f'<a href="{url}" rel="{REL}">{found[0]}</a>'

    def _link_mention(self, found: re.Match[str]) -> str:
        run = found["run"]
        prefixes = _prefixes(run) if self.handles else []
        known = [prefix for prefix in prefixes if normalize_handle(prefix) in self.handles]
        typed = known[0] if known else leading_handle(run[: MAX_LENGTH + 1])
        handle, end = normalize_handle(typed), found.start("run") + len(typed)
        is_quoted = self.depth["quotation"] > 0
        is_over_limit = handle not in self.mentions and len(self.mentions) >= MAX_MENTIONS
        if (
            not MIN_LENGTH <= len(typed) <= MAX_LENGTH
            or " " in handle
            or self.links >= MAX_LOCAL_LINKS
            or (is_over_limit and not is_quoted)
            or _is_address_or_path(found.string, found.start(), end)
        ):
            return found[0]
        self.links += 1
        mark, rest = found[0][: end - found.start()], found[0][end - found.start() :]
        if is_quoted:
            return f'<a href="/m/{handle}" rel="{REL}">{mark}</a>{rest}'
        self.mentions[handle] = None
        return f'<a href="/m/{handle}" class="mention" rel="{REL}">{mark}</a>{rest}'


def _prefixes(run: str) -> list[str]:
    return [run[:end] for end in range(min(len(run), MAX_LENGTH), MIN_LENGTH - 1, -1)]


def _is_address_or_path(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _LOOK_BACK) : start]
    if _ADDRESS_OR_PATH.match(text, end):
        beside = _UNCERTAIN.match(text, end - 1) and _NEXT_MENTION.match(text, end)
        return beside is None
    return bool(_IN_ADDRESS_OR_PATH.search(before) and not _AFTER_MENTION.search(before))

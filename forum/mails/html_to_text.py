"""HTML mails as plain text, with their paragraphs, lists, quotes, links and preformatted lines.

The page is read once from its beginning to its end, without a tree: whatever it contains, the time grows with its length
alone. Nothing of the HTML is kept, so nothing needs to be made safe.
"""

import html
import re

MAX_HTML_LENGTH = 1_000_000
# Reading so many tags takes less than half a second.
MAX_TAGS = 40_000
MAX_QUOTE_DEPTH = 20
MAX_EFFECTS = 20

_EMBEDDED_DATA = re.compile(rb"data:[\w/+.-]{0,80}(?:;[\w=.-]{1,60}){0,4},[A-Za-z0-9+/=%\r\n]{100,}")
_TAG_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})(?![a-zA-Z0-9])")
_TAG_START = re.compile(r"<(?=[a-zA-Z/!?])")
_ANY_TAG = re.compile(r"<[!/?a-zA-Z][^<>]*>")
_PAGE_START = re.compile(r"\s*<(?:!doctype html|html)\b", re.I)
_HREF = re.compile(
    r"""\bhref\s{0,9}=\s{0,9}(?:"(https?://[^"]{1,2000})"|'(https?://[^']{1,2000})'|(https?://[^\s"'>]{1,2000}))""",
    re.I,
)
_START = re.compile(r"""\bstart\s{0,9}=\s{0,9}["']?(\d{1,6})""", re.I)
# What a reader sees differently than the tag says: nothing, lines as they are, or the bar of a quotation.
_EFFECTS = {
    "hidden": re.compile(
        r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden|\shidden(?=[\s=/]|$)", re.I
    ),
    "pre": re.compile(r"white-space\s{0,9}:\s{0,9}(?:pre|break-spaces)(?!-line)", re.I),
    "quote": re.compile(r"border-left\s{0,9}:[^;]{0,60}solid", re.I),
}
# Outlook draws this above the header of the mail that is answered.
_RULE_ABOVE = re.compile(r"border-top\s{0,9}:[^;]{0,60}solid", re.I)
RULE = "_" * 32
_QUOTED_ATTRIBUTES = re.compile(r"""<[^>"']*+(?:(?:"[^"]*+"|'[^']*+')[^>"']*+)*+>""")
_EMPTY_TAGS = {"br", "hr", "img", "input", "meta", "link", "col", "wbr", "area", "base"}
# A start of these ends the element of the same kind before it.
_CLOSED_BY_NEXT = {"p", "li", "td", "th", "tr", "option", "dt", "dd"}
_RAISED = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")
_LOWERED = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
_EAST_ASIAN_BREAK = re.compile(
    r"(?<=[\u2e80-\u9fff\uff00-\uffef])[ \t]*\n[ \t]*(?=[\u2e80-\u9fff\uff00-\uffef])"
)
_ALT = re.compile(r"""\balt\s{0,9}=\s{0,9}(?:"([^"]{1,500})"|'([^']{1,500})')""", re.I)
_BLANK = re.compile(r"[ \t\r\n\xa0]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_LINE_TAGS = frozenset(
    "br div li tr hr table ul ol dl dt dd center section article address aside caption details fieldset figcaption figure "
    "footer form header legend main menu nav option select summary textarea".split()
)
_PARAGRAPH_TAGS = {"p", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
_UNSEEN_TAGS = {"script", "style", "title", "xml"}


def html_to_text(page: str, max_tags: int = MAX_TAGS) -> str:
    """Return the text of an HTML page; `> ` marks quotes, a URL follows its link, tags beyond so many are ignored."""
    page = page[:MAX_HTML_LENGTH].replace("\r\n", "\n")
    if not _TAG_START.search(page):
        # Plain text that is labelled HTML.
        return html.unescape(page).strip("\n")
    text = _read(page, _Text(), max_tags)
    if text.is_hidden():
        # The end of what is hidden is missing, so it is not known what the author meant.
        text = _read(page, _Text(shows_all=True), max_tags)
    return _BLANK_LINES.sub("\n\n", text.finish()).strip("\n")


def _read(page: str, text: "_Text", max_tags: int) -> "_Text":
    at = tags = 0
    missing: set[str] = set()
    while found := _TAG_START.search(page, at):
        start = found.start()
        text.add(page[at:start])
        tags += 1
        end = _end_of_tag(page, start, missing)
        if end < 0:
            at = start
            break
        if tags > max_tags:
            text.add(_ANY_TAG.sub(" ", page[start:]))
            at = len(page)
            break
        at = end
        tag = _TAG_NAME.match(page, start)
        if tag is not None:
            name = tag[2].lower()
            text.tag(name, page[tag.end() : end - 1], is_end=bool(tag[1]))
            if name in _UNSEEN_TAGS and not tag[1]:
                at = _end_of_content(page, at, name, missing)
    text.add(page[at:])
    return text


def is_whole_page(text: str) -> bool:
    """Return whether a text is an HTML page from its first tag to its last, whatever its label says."""
    return bool(_PAGE_START.match(text)) and text.rstrip()[-7:].lower() == "</html>"


def drop_embedded_data(page: bytes) -> bytes:
    """Return the bytes of an HTML page without the pictures that are embedded in it as `data:` URLs."""
    return _EMBEDDED_DATA.sub(b"data:", page)


def _end_of_tag(page: str, start: int, missing: set[str]) -> int:
    # Returns -1 if no tag ends any more. `missing` remembers what the rest of the page does not contain.
    if page.startswith("<!--", start) and "-->" not in missing:
        end = page.find("-->", start + 4)
        if end >= 0:
            return end + 3
        missing.add("-->")
    end = page.find(">", start)
    if end < 0:
        return -1
    if attributes := _QUOTED_ATTRIBUTES.match(page, start, start + 1_000):
        return attributes.end()
    for _ in range(3):
        # ">" inside a quoted attribute does not end the tag.
        if page.count('"', start, end) % 2 == 0 or (further := page.find(">", end + 1)) < 0:
            break
        if further - end > 5_000:
            break
        end = further
    return end + 1


def _end_of_content(page: str, at: int, name: str, missing: set[str]) -> int:
    if name in missing:
        return at
    end = re.compile(f"</{name}", re.I).search(page, at)
    if end is None:
        missing.add(name)
        return at
    return end.start()


class _Text:
    """The text so far: finished lines, the pieces of the current line, and which elements are open."""

    def __init__(self, *, shows_all: bool = False) -> None:
        self.shows_all = shows_all
        # Open elements that look different: the name, how many of this name are open inside, and the effect.
        self.effects: list[tuple[str, int, str]] = []
        self.hidden = 0
        self.digits: dict[int, int] | None = None
        # The name of the block that has ended inside a table cell: its break is made when the cell goes on.
        self.pending = ""
        self.is_cell_start = self.in_cell = False
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quote_depth = 0
        self.pre_depth = 0
        self.lists: list[int] = []
        self.href = ""
        self.link_start = 0

    def add(self, raw: str) -> None:
        if not raw or self.is_hidden():
            return
        text = html.unescape(raw)
        if self.digits and text.strip().strip("0123456789+-") == "":
            text = text.translate(self.digits)
        if self.pending and text.strip():
            self._break_block(self.pending)
        if text.strip():
            self.is_cell_start = False
        if self.pre_depth:
            first, *others = text.replace("\xa0", " ").split("\n")
            self._append(first)
            for other in others:
                self.break_line()
                self._append(other)
            return
        text = _BLANK.sub(" ", _EAST_ASIAN_BREAK.sub("", text) if "\n" in text else text)
        if not self.line or self.line[-1].endswith(" "):
            text = text.lstrip(" ")
        self._append(text)

    def tag(self, name: str, attributes: str, *, is_end: bool) -> None:
        if name not in _EMPTY_TAGS:
            self._follow_effects(name, attributes, is_end=is_end)
        if self.is_hidden():
            return
        if name == "a":
            self._link(attributes, is_end=is_end)
        elif name == "img":
            alt = _ALT.search(attributes)
            self.add(alt[1] or alt[2] if alt else "")
        elif name in ("sup", "sub"):
            self.digits = None if is_end else (_RAISED if name == "sup" else _LOWERED)
        elif name in ("td", "th"):
            self._cell(is_end=is_end)
        elif name in _LINE_TAGS or name in _PARAGRAPH_TAGS:
            self._block(name, attributes, is_end=is_end)

    def is_hidden(self) -> bool:
        return bool(self.hidden) and not self.shows_all

    def finish(self) -> str:
        self.break_line()
        return "\n".join(self.lines)

    def break_line(self) -> None:
        content = "".join(self.line).rstrip()
        prefix = "> " * min(self.quote_depth, MAX_QUOTE_DEPTH)
        self.lines.append(prefix + content if content else "")
        self.line = []
        self.link_start = 0

    def _append(self, text: str) -> None:
        if text:
            self.line.append(text)

    def _link(self, attributes: str, *, is_end: bool) -> None:
        if is_end:
            words = "".join(self.line[self.link_start :])
            if self.href and self.href not in words:
                self._append(f" <{self.href}>")
            self.href = ""
        else:
            link = _HREF.search(attributes[:10_000])
            self.href = html.unescape(link[1] or link[2] or link[3]) if link else ""
            self.link_start = len(self.line)

    def _cell(self, *, is_end: bool) -> None:
        # Mail programs write each cell as a paragraph, which would put each on a line of its own.
        self.pending = ""
        self.is_cell_start = self.in_cell = not is_end
        if self.line and self.line[-1] != "  ":
            self.line[-1] = self.line[-1].rstrip()
            self.line.append("  ")

    def _follow_effects(self, name: str, attributes: str, *, is_end: bool) -> None:
        # Only the innermost element of this name counts: the others are closed after it.
        at = next((at for at in reversed(range(len(self.effects))) if self.effects[at][0] == name), None)
        if at is not None:
            _, count, effect = self.effects[at]
            is_closed = name in _CLOSED_BY_NEXT or (is_end and count == 1)
            if is_closed:
                del self.effects[at]
                self._end_effect(effect)
            else:
                self.effects[at] = (name, count + (-1 if is_end else 1), effect)
        if not is_end and attributes and len(self.effects) < MAX_EFFECTS:
            for effect, pattern in _EFFECTS.items():
                if pattern.search(attributes[:2_000]) and (effect != "quote" or name == "div"):
                    self.effects.append((name, 1, effect))
                    if effect == "quote":
                        self._block("blockquote", is_end=False)
                    self.pre_depth += effect == "pre"
                    self.hidden += effect == "hidden"
                    break

    def _end_effect(self, effect: str) -> None:
        if effect == "quote":
            self._block("blockquote", is_end=True)
        self.pre_depth = max(0, self.pre_depth - (effect == "pre"))
        self.hidden -= effect == "hidden"

    def _break_block(self, name: str) -> None:
        self.pending = ""
        if self.line or name == "br":
            self.break_line()
        if name in _PARAGRAPH_TAGS and self.lines and self.lines[-1]:
            self.lines.append("")

    def _block(self, name: str, attributes: str = "", *, is_end: bool) -> None:
        is_marker = bool(self.line) and self.line[-1] in ("- ", f"{(self.lists or [1])[-1] - 1}. ")
        if name in ("p", "div") and not is_end and (is_marker or self.is_cell_start):
            # The first block of an item or cell is on its line.
            return
        if name in ("p", "div") and is_end and self.line and self.in_cell:
            self.pending = name
            return
        if name in ("tr", "table"):
            self.in_cell = False
        self._break_block(name)
        if name == "hr" or (not is_end and name == "div" and _RULE_ABOVE.search(attributes[:2_000])):
            self.lines.append(RULE)
        if name == "blockquote":
            self.quote_depth = max(0, self.quote_depth + (-1 if is_end else 1))
        elif name == "pre":
            self.pre_depth = max(0, self.pre_depth + (-1 if is_end else 1))
        elif name in ("ul", "ol"):
            if is_end:
                self.lists[-1:] = []
            else:
                start = _START.search(attributes)
                self.lists.append((int(start[1]) if start else 1) if name == "ol" else 0)
        elif name == "li" and not is_end:
            self._item()

    def _item(self) -> None:
        number = self.lists[-1] if self.lists else 0
        if number:
            self.lists[-1] += 1
        self._append("  " * min(len(self.lists) - 1, 8) + (f"{number}. " if number else "- "))

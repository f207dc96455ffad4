"""What a page in the pseudo-language shows that no catalogue has translated."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# What members wrote or what is the same in all languages stands in these.
_CONTENT_TAGS = {
    "bdi",
    "code",
    "pre",
    "kbd",
    "samp",
    "textarea",
    "script",
    "style",
    "svg",
    "time",
}
_SHOWN_ATTRIBUTES = ("title", "alt", "aria-label", "aria-roledescription", "placeholder", "label")
_BRACKETED = re.compile(r"⟦[^⟦⟧]*⟧")
# Between elements, and where a text was.
_BETWEEN = "\x1f"
_ADDRESS = re.compile(r"https?://\S+|SHA-256 [0-9a-f]+|@[\w-]+")
_WORD = re.compile(r"[^\W\d_]{2,}")


class _Reader(HTMLParser):
    def __init__(self, names: re.Pattern[str]) -> None:
        super().__init__()
        self.names = names
        self.stack: list[tuple[str, bool]] = []
        self.found: list[str] = []
        # The open brackets of a text that has elements inside.
        self.text = ""

    @property
    def _is_content(self) -> bool:
        return any(content for _, content in self.stack)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        classes = (facts.get("class") or "").split()
        content = (
            tag in _CONTENT_TAGS
            or facts.get("translate") == "no"
            or (facts.get("dir") == "auto" and tag not in ("input", "textarea", "form"))
            or "said" in classes
            # What is said in another language, such as the names of languages.
            or ("lang" in facts and tag != "html")
        )
        for name in _SHOWN_ATTRIBUTES:
            if not content and not self._is_content and (value := facts.get(name)):
                self._look(f"@{name} ", value)
        if tag == "input" and facts.get("type") in ("submit", "button", "reset"):
            self._look("@value ", facts.get("value") or "")
        self.text += _BETWEEN
        if tag not in _VOID:
            self.stack.append((tag, content))

    def handle_endtag(self, tag: str) -> None:
        self.text += _BETWEEN
        while self.stack:
            last, _ = self.stack.pop()
            if last == tag:
                break

    def handle_data(self, data: str) -> None:
        # Brackets are kept, and a space for content, so that a text around it stays one.
        self.text += "" if self._is_content else data

    def close(self) -> None:
        super().close()
        self._look("", self.text)

    def _look(self, where: str, text: str) -> None:
        # What is put into a text may be another text.
        while (rest := _BRACKETED.sub(_BETWEEN, text)) != text:
            text = rest
        for line in text.split("\n"):
            if _WORD.search(self.names.sub("", _ADDRESS.sub("", line))):
                self.found.append(where + " ".join(line.replace(_BETWEEN, " ").split()))


def names_pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of names that are the same in every language of the interface."""
    longest_first = sorted({name.casefold() for name in names if name}, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)", re.I)


def untranslated(page: str, names: re.Pattern[str]) -> list[str]:
    """Return the texts of an HTML page that are outside of the brackets of the pseudo-language and are neither content nor
    names."""
    reader = _Reader(names)
    reader.feed(page)
    reader.close()
    return reader.found

"""Pages in the pseudo-language: what on them is still English."""

import re
from html.parser import HTMLParser

import pytest

from core.languages.languages import ENGLISH
from tertulia.http import languages
from tests.support.languages.pseudo import ACCENTED

_SHOWN = ("alt", "aria-label", "placeholder", "title")
# Where pages show what members wrote, what is typed as it stands, and times, which are formatted elsewhere.
_LEFT_OUT = (
    "code",
    "pre",
    "time",
    "option",
    "script",
    "form.languages",
    "div.said",
    "div.posts",
    "p.changes",
    "p.passage",
    "textarea",
)
_NAMES = re.compile(r"@\S+|by:\S+|https?://\S+|BibTeX|CSL-JSON|Mobility|Responsible Sourcing Community")
_LETTERS = re.compile("[A-Za-z]{2,}")


class _Texts(HTMLParser):
    """The texts of the main part of a page and of its margin: all that is read in one, and what attributes say."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.attributes = "", list[str]()
        self.open, self.out, self.within = list[str](), list[int](), 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if tag in ("main", "aside", "title"):
            self.within += 1
        if self.within and not self.out:
            self.attributes += [facts[name] or "" for name in _SHOWN if facts.get(name)]
        if tag in ("input", "br", "link", "img", "meta", "hr"):
            return
        self.open.append(tag)
        if {tag, f"{tag}.{facts.get('class')}"} & set(_LEFT_OUT):
            self.out.append(len(self.open))

    def handle_endtag(self, tag: str) -> None:
        if self.out and self.out[-1] == len(self.open):
            self.out.pop()
        self.open.pop()
        if tag in ("main", "aside", "title"):
            self.within -= 1

    def handle_data(self, data: str) -> None:
        if self.within and not self.out:
            self.text += f"{data} "


def english_in(page: str) -> list[str]:
    """Return the words of a page in the pseudo-language that went through no catalogue."""
    texts = _Texts()
    texts.feed(page)
    found = []
    for one in (texts.text, *texts.attributes):
        while (rest := re.sub("⟦[^⟦⟧]*⟧", " ", one)) != one:
            one = rest
        found += _LETTERS.findall(_NAMES.sub(" ", one))
    return found


@pytest.fixture
def accented(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let members choose the pseudo-language in the address."""
    monkeypatch.setattr(languages, "languages", lambda: {"en": ENGLISH, "xa": ACCENTED})

"""No template has a text that catalogues cannot translate, also in states in which no test opens its page."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import nodes

from pages.shell.jinja import environment

_SHOWN_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt"}
# An attribute that a macro makes, and an ending of the id of an element, stand where a text could.
_WORD = re.compile(r"(?<![\w-])[^\W\d_]{2,}(?![\w-]*=\")")
_PHRASE = re.compile(r"^[A-Z][a-z]|[a-z] [a-z]")
# What is the same in every language: formats, universal time, and classes of elements.
_NAMES = {"CSV", "JSON", "XLSX", "UTC", "BibTeX", "CSL", "LD", "DCAT", "SHA"}
_NAMES |= {"Markdown", "act main", "button quiet"}
_TEXT_FUNCTIONS = {"_", "gettext", "pgettext", "ngettext", "npgettext"}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.is_key = False

    def handle_data(self, data: str) -> None:
        if not self.is_key:
            self.found += _WORD.findall(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.is_key = tag in ("kbd", "code")
        for name, value in attrs:
            if name in _SHOWN_ATTRIBUTES:
                self.found += _WORD.findall(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.is_key = False


def _phrases(node: nodes.Node) -> Iterator[str]:
    """Return the constants of an expression that look like texts and are not arguments of the functions for texts."""
    match node:
        case nodes.Const(value=str() as value) if _PHRASE.search(value):
            yield value
        case nodes.Filter(name="text_of") | nodes.Test():
            return
        case nodes.Call(node=nodes.Name(name=name)) if name in _TEXT_FUNCTIONS:
            return
    for child in node.iter_child_nodes():
        yield from _phrases(child)


def unmarked_in(source: str) -> list[str]:
    """Return the words and phrases of a template that are not marked for translation."""
    parsed = environment().parse(source)
    # The attributes of the page's body.
    attributes = {
        id(part)
        for block in parsed.find_all(nodes.Block)
        if block.name == "data"
        for part in block.find_all(nodes.TemplateData)
    }
    words = _Words()
    words.feed("".join(p.data for p in parsed.find_all(nodes.TemplateData) if id(p) not in attributes))
    return [text for text in (*words.found, *_phrases(parsed)) if text not in _NAMES]


@pytest.mark.parametrize("name", environment().list_templates())
def test_each_text_of_a_template_is_marked(name: str) -> None:
    path = environment().get_template(name).filename
    assert path
    assert unmarked_in(Path(path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Save it</p>",
        '<a title="Help">{{ _("Help") }}</a>',
        '{{ field(form, "name", "Your name") }}',
        '{{ "Open" if x else _("Closed") }}',
    ],
)
def test_a_text_that_is_not_marked_is_found(source: str) -> None:
    assert unmarked_in(source) != []

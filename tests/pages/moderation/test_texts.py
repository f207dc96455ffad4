"""The pages of moderation have no text that catalogues cannot translate."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import nodes

from core.languages.texts import speaking
from moderation.rules.shapes import Domains
from pages.moderation.labels import action_labels, reason_labels, short_reason_labels
from pages.moderation.routes_transparency import duration
from pages.moderation.rule_forms import FIELDS, describe_test, fields_of
from pages.shell.jinja import environment
from tests.support.languages.pseudo import ACCENTED

_FOLDER = Path(__file__).parents[3] / "pages/templates/moderation"
_SHOWN_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt"}
_WORD = re.compile(r"[^\W\d_]{2,}")
_PHRASE = re.compile(r"^[A-Z][a-z]|[a-z] [a-z]")
# What is the same in every language.
_NAMES = {"CSV", "JSON"}
_TEXT_FUNCTIONS = {"_", "gettext", "pgettext", "ngettext", "npgettext"}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found += [word for word in _WORD.findall(data) if word not in _NAMES]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in _SHOWN_ATTRIBUTES:
                self.found += _WORD.findall(value or "")


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


@pytest.mark.parametrize("name", sorted(path.name for path in _FOLDER.glob("*.html")))
def test_each_text_of_the_templates_is_marked(name: str) -> None:
    parsed = environment().parse((_FOLDER / name).read_text(encoding="utf-8"))
    words = _Words()
    # The attributes of the page's body.
    attributes = {
        id(part)
        for block in parsed.find_all(nodes.Block)
        if block.name == "data"
        for part in block.find_all(nodes.TemplateData)
    }
    data = [part.data for part in parsed.find_all(nodes.TemplateData) if id(part) not in attributes]
    words.feed("".join(data))
    assert [*words.found, *_phrases(parsed)] == []


def test_labels_and_what_filters_catch_are_in_the_language_of_the_page() -> None:
    with speaking(ACCENTED):
        labels = [*action_labels().values(), *reason_labels().values(), *short_reason_labels().values()]
        fields = [
            text for kind in FIELDS for one in fields_of(kind) for text in (one.label, one.hint) if text
        ]
        what, limits = describe_test(
            Domains(domains=[f"{letter}.example" for letter in "abcdefg"], others=True)
        )
        times = duration(None), duration(61)
    assert all(text.startswith("⟦") for text in [*labels, *fields, what, *(label for label, _ in limits)])
    assert limits[0][1].startswith("a.example, b.example") and "2 möré" in limits[0][1]
    assert limits[1][1].startswith("⟦ýéš")
    assert times[0].startswith("⟦ñö") and times[1].count("⟦") == 2

"""Macros that other templates import see no variable of the page: what they use is an argument or known to all templates."""

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

TEMPLATES = Path(__file__).parents[3] / "pages" / "templates"
_IMPORT = re.compile(r'{%-?\s*from\s+"([^"]+)"\s+import\s+(?!.*with context)')
# Known to all templates: pages/shell/jinja.py and pages/shell/template_texts.py.
KNOWN = {"face", "face_of", "icons", "accepted_files", "programs", "gap", "key_of"} | {
    *("_", "gettext", "ngettext", "pgettext", "npgettext", "range", "loop", "caller", "namespace", "dict")
}


def names_in(tree: nodes.Node, *contexts: str) -> set[str]:
    return {name.name for name in tree.find_all(nodes.Name) if name.ctx in contexts}


def unknown_in_macros(source: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each macro that uses a variable which only the page knows, with the names of these variables."""
    tree = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"]).parse(source)
    imported = {
        name[-1] if isinstance(name, tuple) else name
        for one in tree.find_all(nodes.FromImport)
        for name in one.names
    }
    own = names_in(tree, "store") | imported | {macro.name for macro in tree.find_all(nodes.Macro)}
    for macro in tree.find_all(nodes.Macro):
        arguments = {argument.name for argument in macro.args} | names_in(macro, "param")
        if unknown := names_in(macro, "load") - arguments - own - KNOWN:
            yield macro.name, unknown


def test_variables_of_the_page_are_found() -> None:
    source = "{% macro one(form) %}{{ form.id }}{{ frame.hue }}{{ _('x') }}{% endmacro %}"
    assert list(unknown_in_macros(source)) == [("one", {"frame"})]


def test_imported_macros_use_their_arguments_alone() -> None:
    sources = {path.relative_to(TEMPLATES).as_posix(): path.read_text() for path in TEMPLATES.rglob("*.html")}
    imported = {name for source in sources.values() for name in _IMPORT.findall(source)}

    assert len(imported) >= 10
    assert [(name, *found) for name in sorted(imported) for found in unknown_in_macros(sources[name])] == []

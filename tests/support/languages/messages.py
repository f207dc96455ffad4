"""The texts of the interface that catalogues translate, gathered from Python, templates, scripts and e-mails.

`python -m tests.support.languages.messages` brings all catalogues up to date: new texts are added without a translation, and
those that are no longer used are dropped.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po

from core.languages.languages import CATALOGUES, LOCALES
from members.emails.translations import CONTEXT, EMAILS
from tests.support.source_code import PACKAGES, ROOT

_TEMPLATES = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false", "trim_blocks": "true"}
_KEYWORDS: dict[str, Any] = {**DEFAULT_KEYWORDS, "translatable": None}
# The functions that mark texts in Python, each with the number of its strings.
_STRINGS = {"gettext": 1, "translatable": 1, "ngettext": 2, "pgettext": 2, "npgettext": 3}
_NOTES = ["NOTE:"]
_WIDTH = 120
# What would change with each run, or name nobody.
_VARYING_HEADERS = re.compile(
    rb'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Report-Msgid-Bugs-To|Generated-By)'
    rb'[^"]*"\n',
    re.M,
)


def gather() -> Catalog:
    """Return a catalogue of all texts without translations, in the order in which the files are read."""
    catalog = Catalog(project="Tertulia", charset="utf-8")
    for path, message, notes, context in found_texts():
        catalog.add(message, None, [(path, None)], auto_comments=notes, context=context)
    return catalog


def found_texts() -> Iterator[tuple[str, str | tuple[str, ...], list[str], str | None]]:
    """Return each marked text with its file, its notes for translators and its context."""
    for method, pattern, options in (
        (_extract_python, "*.py", {}),
        ("jinja2.ext:babel_extract", "*.html", _TEMPLATES),
        ("javascript", "*.js", {}),
    ):
        for folder in PACKAGES:
            for path in sorted((ROOT / folder).rglob(pattern)):
                with path.open("rb") as file:
                    for _, message, notes, context in extract(method, file, _KEYWORDS, _NOTES, options):
                        yield (
                            path.relative_to(ROOT).as_posix(),
                            message,
                            [_plain(note) for note in notes],
                            context,
                        )
    for key, message in _emails(tomllib.loads(EMAILS.read_text(encoding="utf-8"))):
        yield EMAILS.relative_to(ROOT).as_posix(), message, [key], CONTEXT


def _plain(note: str) -> str:
    return note.removeprefix("NOTE:").strip()


def _emails(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str | tuple[str, str]]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield f"{prefix}{name}", value
        elif value.keys() == {"one", "other"}:
            yield f"{prefix}{name}", (value["one"], value["other"])
        else:
            yield from _emails(value, f"{prefix}{name}.")


def _extract_python(
    file: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[tuple[int, str, tuple[str | None, ...], list[str]]]:
    """Return line, function, strings and notes of each call that marks a text; raise ValueError for a text made of parts.

    The tokenizer of Babel does not see calls inside of f-strings; the syntax tree does.
    """
    source = file.read().decode()
    lines = source.splitlines()
    for node in sorted(_marking_calls(source), key=lambda call: (call.lineno, call.col_offset)):
        assert isinstance(node.func, ast.Name)
        given = node.args[: _STRINGS[node.func.id]]
        strings = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if len(strings) == len(given):
            yield node.lineno, node.func.id, tuple(strings), _notes_above(lines, node.lineno)
        # What was marked where it is defined comes as a name, an item or the result of a call.
        elif any(isinstance(one, ast.JoinedStr | ast.BinOp) for one in given):
            raise ValueError(f"line {node.lineno}: a text that is put together cannot be translated")


def _marking_calls(source: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _STRINGS:
            yield node


def _notes_above(lines: list[str], number: int) -> list[str]:
    notes: list[str] = []
    while number > 1 and (line := lines[number - 2].strip()).startswith("#"):
        notes.insert(0, line.lstrip("# "))
        number -= 1
    return notes if notes and notes[0].startswith("NOTE:") else []


def update(path: Path, gathered: Catalog) -> None:
    """Bring a catalogue up to date."""
    locale = LOCALES.get(path.stem, path.stem)
    catalog = Catalog(locale=locale, project="Tertulia", charset="utf-8")
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=locale, ignore_obsolete=True)
    catalog.update(gathered, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.header_comment = f"# The texts of the interface and of e-mails in {catalog.locale.english_name}."
    catalog.fuzzy = False
    written = BytesIO()
    write_po(written, catalog, width=_WIDTH, include_lineno=False)
    path.write_bytes(_VARYING_HEADERS.sub(b"", written.getvalue()))


def main() -> None:
    """Bring all catalogues up to date."""
    gathered = gather()
    for path in sorted(CATALOGUES.glob("*.po")):
        update(path, gathered)


if __name__ == "__main__":
    main()

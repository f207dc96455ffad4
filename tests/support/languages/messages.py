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
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po

from core.languages.languages import CATALOGUES, LOCALES
from members.emails.translations import CONTEXT, EMAILS
from tests.support.source_code import PACKAGES, ROOT

_TEMPLATES = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false", "trim_blocks": "true"}
_KEYWORDS: dict[str, Any] = {**DEFAULT_KEYWORDS, "translatable": None}
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
        ("python", "*.py", {}),
        ("jinja2.ext:babel_extract", "*.html", _TEMPLATES),
        ("javascript", "*.js", {}),
    ):
        for folder in PACKAGES:
            for path in sorted((ROOT / folder).rglob(pattern)):
                if path.parts[-2] == "languages" and folder == "core":
                    continue
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


def calls_with_other_than_strings(path: Path) -> list[int]:
    """Return the lines on which a text is not a plain string, so that no catalogue can have it."""
    names = {"gettext", "ngettext", "pgettext", "npgettext", "translatable"}
    texts = {"ngettext": 2, "pgettext": 2, "npgettext": 3}
    lines = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            parts = node.args[: texts.get(node.func.id, 1)]
            # What was marked where it is defined comes as a name.
            if any(
                not isinstance(part, ast.Constant | ast.Name | ast.Attribute | ast.Subscript)
                for part in parts
            ):
                lines.append(node.lineno)
    return lines


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

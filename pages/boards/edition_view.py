"""An edition as its page and its files show it: labels, terms and values in the language of the reader."""

from collections.abc import Mapping, Sequence

from boards.boards.boards import load_entry_context
from boards.editions.editions import EditionContent, PublishedEntry
from boards.editions.exports import export_cell
from boards.entries.context import EntryContext
from boards.entries.references import ReferenceKey, ReferenceLink, collect_references
from boards.shapes import Field, Taxonomy, Term
from boards.templates import in_language_of_reader
from core.ids import BoardId
from core.languages.texts import pgettext
from pages.boards.board_view import ShownValue, shown_value
from storage.database import Reader


async def load_edition_context(tx: Reader, content: EditionContent) -> EntryContext:
    """Return the form and the terms of an edition for the reader.

    Terms are called as on the day of publication; those that are still called so, as the reader calls them.
    """
    board = BoardId(content.board)
    now = (await load_entry_context(tx, board)).taxonomies
    taxonomies = {
        slug: Taxonomy(slug=slug, name="", terms=_terms(names, now.get(slug)))
        for slug, names in content.terms.items()
    }
    return EntryContext(board=board, form=in_language_of_reader(content.form), taxonomies=taxonomies)


def keys_in(edition: EntryContext, rows: Sequence[PublishedEntry]) -> list[ReferenceKey]:
    """Return the keys of everything that the entries of an edition refer to."""
    return [key for row in rows for _, key in collect_references(edition.form, row.fields or {})]


def row_values(
    edition: EntryContext,
    row: PublishedEntry,
    fields: Sequence[Field],
    named: Mapping[ReferenceKey, ReferenceLink],
) -> list[ShownValue]:
    """Return the values of an entry in these fields, as the page shows them."""
    if row.fields is None:
        return [
            ShownValue(field.label, "text", text)
            for field, text in zip(fields, _withheld(fields), strict=True)
        ]
    return [shown_value(edition, field, row.fields.get(field.key), named) for field in fields]


def row_cells(edition: EntryContext, row: PublishedEntry, fields: Sequence[Field]) -> list[str]:
    """Return the values of an entry in these fields, as files contain them: an import can read them."""
    if row.fields is None:
        return _withheld(fields)
    return [str(export_cell(edition, field, row.fields.get(field.key))) for field in fields]


def _withheld(fields: Sequence[Field]) -> list[str]:
    return [pgettext("entry", "withheld"), *("" for _ in fields[1:])][: len(fields)]


def _terms(names: Mapping[str, str], now: Taxonomy | None) -> list[Term]:
    known = {term.slug: term for term in now.terms} if now else {}
    return [
        known[slug] if slug in known and known[slug].name == name else Term(slug=slug, name=name)
        for slug, name in names.items()
    ]

"""The values of a board's pages: field values in words, active filters, and the URLs of views."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from boards.entries.context import EntryContext
from boards.entries.entry_text import date_for_reader, readable_values
from boards.entries.references import ReferenceKey, ReferenceLink, collect_references
from boards.forms import active_fields, title_field
from boards.policy import BoardFacts, can_curate
from boards.shapes import Board, Entry, Field
from boards.table.matrix import matrix_fields
from boards.table.table import EntryFilter
from core.actor import Actor
from core.ids import BoardId, SectorId, TopicId
from core.languages.formats import list_in, typed_number_in
from core.languages.texts import current_language, gettext, pgettext
from members.profiles.countries import country_in

# Field types that are too long for a table; they are on the entry's page.
_NOT_IN_TABLE = frozenset({"long_text", "link", "reference", "file"})


class ShownValue(Struct, frozen=True):
    """A field value as it is shown: the field's label and type, the text, and the URL to which it links."""

    label: str
    kind: str
    text: str
    address: str = ""


class ActiveFilter(Struct, frozen=True):
    """A filter of a view in words, and the URL of the view without it."""

    text: str
    without: str


def phase_names() -> dict[str, str]:
    """Return the names of the phases of a board."""
    return {
        "planned": pgettext("stock-take", "Not open yet"),
        "collecting": gettext("Open for entries"),
        "consolidating": gettext("Being consolidated"),
        "published": pgettext("stock-take", "Published"),
    }


def disposition_names() -> dict[str, str]:
    """Return the names of what curators decide about entries."""
    return {
        "open": pgettext("entry", "Not decided"),
        "included": pgettext("entry", "Included"),
        "partly": pgettext("entry", "Partly included"),
        "excluded": pgettext("entry", "Not included"),
    }


def confirmation_names() -> dict[str, str]:
    """Return what members state when they confirm an entry."""
    return {"do_too": gettext("We do this too"), "confirm": gettext("I can confirm")}


def gone_name(state: str) -> str:
    """Return why an entry is no longer listed, or "" for one that is."""
    names = {
        "withdrawn": pgettext("entry", "Withdrawn"),
        "hidden": pgettext("entry", "Hidden by a moderator"),
        "merged": gettext("Merged into another entry"),
    }
    return names.get(state, "")


def list_of_names(names: Sequence[str]) -> Markup:
    """Return a list in words of names that people wrote, such as "a, b and c", each in its own direction of writing."""
    isolated = [Markup('<b dir="auto">{}</b>').format(name) for name in names]
    return Markup(list_in(current_language(), isolated))


def facts_of(board: Board, actor: Actor, sector_id: int) -> BoardFacts:
    """Return the facts that the rules need, from a board that was read for a page."""
    return BoardFacts(
        id=BoardId(board.id),
        sector_id=SectorId(sector_id),
        topic_id=TopicId(board.topic),
        opens_at=board.opens_at,
        consolidates_at=board.consolidates_at,
        publishes_at=board.publishes_at,
        version=board.version,
        last_edition=board.editions,
        is_curator=any(one.id == actor.id for one in board.curators),
    )


def may_curate(board: BoardFacts, actor: Actor) -> bool:
    """Return whether the viewer sees the actions of curators."""
    return actor.id is not None and can_curate(actor, board)


def table_fields(entry_context: EntryContext) -> list[Field]:
    """Return the fields that have a column in the table."""
    title = title_field(entry_context.form).key
    return [
        one for one in active_fields(entry_context.form) if one.key != title and one.type not in _NOT_IN_TABLE
    ]


def shown_values(
    entry_context: EntryContext,
    entry: Entry,
    fields: Sequence[Field],
    named: Mapping[ReferenceKey, ReferenceLink],
) -> list[ShownValue]:
    """Return the values of an entry in these fields; an empty value has the text ""."""
    return [shown_value(entry_context, field, (entry.fields or {}).get(field.key), named) for field in fields]


def shown_value(
    entry_context: EntryContext, field: Field, value: Any, named: Mapping[ReferenceKey, ReferenceLink]
) -> ShownValue:
    """Return the value of a field in the language of the reader; `named` are the objects that the reader can see."""
    if value is None:
        return ShownValue(field.label, field.type, "")
    if field.type in ("reference", "file"):
        to = named.get((value["kind"], value["id"]))
        label = to.label if to else pgettext("object or file of an entry", "Not available")
        return ShownValue(field.label, field.type, label, to.address if to else "")
    if field.type == "date":
        return ShownValue(field.label, field.type, date_for_reader(value))
    if field.type == "number":
        return ShownValue(field.label, field.type, typed_number_in(current_language(), value))
    text = "\n".join(readable_values(field, value, entry_context.taxonomies))
    return ShownValue(field.label, field.type, text, text if field.type == "link" else "")


def table_rows(
    entry_context: EntryContext,
    entries: Sequence[Entry],
    fields: Sequence[Field],
    named: Mapping[ReferenceKey, ReferenceLink],
    by: Field | None,
) -> list[tuple[Entry, list[ShownValue], str]]:
    """Return each entry with its values in these fields, and with its heading if the table is grouped by a field."""
    return [
        (
            entry,
            shown_values(entry_context, entry, fields, named),
            heading_of(entry_context, by, entry) if by else "",
        )
        for entry in entries
    ]


def drop_empty_columns(
    fields: Sequence[Field], rows: Sequence[list[ShownValue]]
) -> tuple[list[Field], list[str]]:
    """Take the columns without any value out of the rows, where they push the others out of sight.

    Return the fields of the columns that stay, and the labels of the others.
    """
    empty = [at for at, _ in enumerate(fields) if rows and not any(row[at].text for row in rows)]
    for row in rows:
        row[:] = [value for at, value in enumerate(row) if at not in empty]
    return [one for at, one in enumerate(fields) if at not in empty], [fields[at].label for at in empty]


def keys_in(entry_context: EntryContext, entries: Sequence[Entry]) -> list[ReferenceKey]:
    """Return the keys of everything that these entries refer to."""
    return [key for entry in entries for _, key in collect_references(entry_context.form, entry.fields or {})]


def grouping_field(entry_context: EntryContext, key: str | None) -> Field | None:
    """Return the field with this key if a table can be grouped by it (one term for each entry), otherwise None."""
    return next(
        (one for one in matrix_fields(entry_context.form) if one.key == key and one.type != "some_of"), None
    )


def heading_of(entry_context: EntryContext, field: Field, entry: Entry) -> str:
    """Return the heading of an entry in a table that is grouped by a field."""
    return shown_value(entry_context, field, (entry.fields or {}).get(field.key), {}).text or gettext(
        "Not specified"
    )


def query_of(asked_for: EntryFilter, **more: Any) -> str:
    """Return the query string of a view."""
    pairs = [("where", f"{field}:{term}") for field, term in asked_for.where]
    pairs += [("q", asked_for.words)] if asked_for.words else []
    pairs += [("sort", asked_for.sort)] if asked_for.sort != "number" else []
    pairs += [("desc", "1")] if asked_for.descending else []
    pairs += [("disposition", asked_for.disposition)] if asked_for.disposition else []
    pairs += [("outdated", "1")] if asked_for.outdated else []
    pairs += [(name, str(value)) for name, value in more.items() if value]
    return urlencode(pairs)


def filters_of(
    entry_context: EntryContext, asked_for: EntryFilter, base: str, **more: Any
) -> list[ActiveFilter]:
    """Return the active filters of a view, each with the URL that removes it."""
    found = [
        ActiveFilter(
            # NOTE: a filter of a table: the name of a field and a value, such as "Country: Chile".
            gettext(
                "%(field)s: %(value)s",
                field=label_of(entry_context, field),
                value=term_of(entry_context, field, term),
            ),
            _with(
                base,
                replace(asked_for, where=tuple(one for one in asked_for.where if one != (field, term))),
                more,
            ),
        )
        for field, term in asked_for.where
    ]
    if asked_for.words:
        quoted = gettext("“%(words)s”", words=asked_for.words)
        found.append(ActiveFilter(quoted, _with(base, replace(asked_for, words=""), more)))
    if asked_for.disposition:
        decided = disposition_names()[asked_for.disposition]
        found.append(ActiveFilter(decided, _with(base, replace(asked_for, disposition=None), more)))
    if asked_for.outdated:
        outdated = pgettext("entry", "Outdated")
        found.append(ActiveFilter(outdated, _with(base, replace(asked_for, outdated=False), more)))
    return found


def label_of(entry_context: EntryContext, key: str) -> str:
    """Return the label of a field."""
    return next((field.label for field in entry_context.form.fields if field.key == key), key)


def term_of(entry_context: EntryContext, key: str, term: str) -> str:
    """Return the name of a term of a field."""
    field = next((one for one in entry_context.form.fields if one.key == key), None)
    if field is None:
        return term
    if field.taxonomy is None:
        return country_in(current_language(), term)
    known = entry_context.taxonomies.get(field.taxonomy)
    return next((one.local() for one in known.terms if one.slug == term), term) if known else term


def _with(base: str, asked_for: EntryFilter, more: Mapping[str, Any]) -> str:
    query = query_of(asked_for, **more)
    return f"{base}?{query}" if query else base

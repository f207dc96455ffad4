"""What pages of boards are made of: the words of an entry's fields, filters as words, the addresses between views."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import replace

from boards.entries.context import EntryContext
from boards.entries.entry_text import readable_values
from boards.entries.references import ReferenceKey, ReferenceLink, collect_references
from boards.forms import active_fields, title_field
from boards.policy import BoardFacts, can_curate
from boards.shapes import Board, Entry, Field
from boards.table.matrix import matrix_fields
from boards.table.table import EntryFilter
from core.actor import Actor
from core.ids import BoardId, SectorId, TopicId
from members.profiles.countries import COUNTRIES

PHASES = {
    "planned": "Not open yet",
    "collecting": "Collecting",
    "consolidating": "Being consolidated",
    "published": "Published",
}
DISPOSITIONS = {
    "open": "Not decided",
    "included": "Included",
    "partly": "Partly included",
    "excluded": "Not included",
}
BACKINGS = {"do_too": "We do this too", "confirm": "I can confirm"}
GONE = {"withdrawn": "Withdrawn", "hidden": "Hidden by a moderator", "merged": "Merged into another entry"}
# Too long for a table; they are on the entry's own page.
_NOT_IN_TABLE = frozenset({"long_text", "link", "reference", "file"})


class Said(Struct, frozen=True):
    """An answer as it is shown: its words, and where they lead."""

    label: str
    kind: str
    text: str
    address: str = ""


class Filter(Struct, frozen=True):
    """Something that narrows a view, in words, and the address of the view without it."""

    text: str
    without: str


def facts_of(board: Board, actor: Actor, sector_id: int) -> BoardFacts:
    """What the rules look at, of a board that was read to be shown."""
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
    """Whether the viewer sees what curators do."""
    return actor.id is not None and can_curate(actor, board)


def table_fields(sheet: EntryContext) -> list[Field]:
    """The fields that have a column in the table."""
    title = title_field(sheet.form).key
    return [one for one in active_fields(sheet.form) if one.key != title and one.type not in _NOT_IN_TABLE]


def said(
    sheet: EntryContext, entry: Entry, fields: Sequence[Field], named: Mapping[ReferenceKey, ReferenceLink]
) -> list[Said]:
    """The answers of an entry in these fields; an empty one has no words."""
    return [_said(sheet, field, (entry.fields or {}).get(field.key), named) for field in fields]


def keys_in(sheet: EntryContext, entries: Sequence[Entry]) -> list[ReferenceKey]:
    """All that these entries refer to."""
    return [key for entry in entries for _, key in collect_references(sheet.form, entry.fields or {})]


def grouped(sheet: EntryContext, key: str | None) -> Field | None:
    """The field by which a table can be grouped: of each entry one term."""
    return next((one for one in matrix_fields(sheet.form) if one.key == key and one.type != "some_of"), None)


def heading_of(sheet: EntryContext, field: Field, entry: Entry) -> str:
    """Under which heading an entry stands in a grouped table."""
    return _said(sheet, field, (entry.fields or {}).get(field.key), {}).text or "Not said"


def query_of(asked_for: EntryFilter, **more: Any) -> str:
    """A view as what stands in its address."""
    pairs = [("where", f"{field}:{term}") for field, term in asked_for.where]
    pairs += [("q", asked_for.words)] if asked_for.words else []
    pairs += [("sort", asked_for.sort)] if asked_for.sort != "number" else []
    pairs += [("desc", "1")] if asked_for.descending else []
    pairs += [("disposition", asked_for.disposition)] if asked_for.disposition else []
    pairs += [("outdated", "1")] if asked_for.outdated else []
    pairs += [(name, str(value)) for name, value in more.items() if value]
    return urlencode(pairs)


def filters_of(sheet: EntryContext, asked_for: EntryFilter, base: str, **more: Any) -> list[Filter]:
    """What narrows a view, each with the way back."""
    found = [
        Filter(
            f"{label_of(sheet, field)}: {term_of(sheet, field, term)}",
            _with(
                base,
                replace(asked_for, where=tuple(one for one in asked_for.where if one != (field, term))),
                more,
            ),
        )
        for field, term in asked_for.where
    ]
    if asked_for.words:
        found.append(Filter(f"“{asked_for.words}”", _with(base, replace(asked_for, words=""), more)))
    if asked_for.disposition:
        decided = DISPOSITIONS[asked_for.disposition]
        found.append(Filter(decided, _with(base, replace(asked_for, disposition=None), more)))
    if asked_for.outdated:
        found.append(Filter("Outdated", _with(base, replace(asked_for, outdated=False), more)))
    return found


def label_of(sheet: EntryContext, key: str) -> str:
    """What a field is called."""
    return next((field.label for field in sheet.form.fields if field.key == key), key)


def term_of(sheet: EntryContext, key: str, term: str) -> str:
    """What a term of a field is called."""
    field = next((one for one in sheet.form.fields if one.key == key), None)
    if field is None:
        return term
    if field.taxonomy is None:
        return COUNTRIES.get(term, term)
    known = sheet.taxonomies.get(field.taxonomy)
    return next((one.name for one in known.terms if one.slug == term), term) if known else term


def _with(base: str, asked_for: EntryFilter, more: Mapping[str, Any]) -> str:
    query = query_of(asked_for, **more)
    return f"{base}?{query}" if query else base


def _said(sheet: EntryContext, field: Field, value: Any, named: Mapping[ReferenceKey, ReferenceLink]) -> Said:
    if value is None:
        return Said(field.label, field.type, "")
    if field.type in ("reference", "file"):
        to = named.get((value["kind"], value["id"]))
        return Said(field.label, field.type, to.label if to else "Not available", to.address if to else "")
    text = "\n".join(readable_values(field, value, sheet.taxonomies))
    return Said(field.label, field.type, text, text if field.type == "link" else "")

"""What comes in and goes out of boards and entries."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from boards.policy import Phase
from core.text import NO_CONTROLS, ONE_LINE, LongText, Slug, Title
from members.shapes import Author
from storage.event_log import Stream

FieldKind = Literal[
    "text", "long_text", "one_of", "some_of", "number", "date", "country", "link", "file", "reference"
]
FieldKey = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_]*(?![\s\S])")]
Disposition = Literal["open", "included", "partly", "excluded"]
ConfirmationKind = Literal["do_too", "confirm"]
EntryState = Literal["published", "withdrawn", "hidden", "merged"]
# What stands in the fields of an entry, by the key of the field: text, terms, a number, `YYYY-MM-DD`, a country's code,
# an address of the web, {"kind": "file", "id": id}, or
# {"kind": "topic"|"post"|"question"|"member"|"entry", "id": id}. Empty ones are left out.
Fields = dict[FieldKey, Any]


class Field(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One field of a form. `taxonomy` names the list that one_of and some_of choose from; a `retired` one keeps what
    was answered but takes no more."""

    key: FieldKey
    label: Annotated[str, Meta(min_length=1, max_length=120, pattern=ONE_LINE)]
    type: FieldKind
    help: Annotated[str, Meta(max_length=500, pattern=NO_CONTROLS)] = ""
    taxonomy: Slug | None = None
    required: bool = False
    retired: bool = False


class Form(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a board's entries, in their order. The first `text` field that is required is an entry's title."""

    fields: Annotated[list[Field], Meta(min_length=1, max_length=40)]


class Term(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One value of a taxonomy; `parent` is the term it lies below."""

    slug: str
    name: str
    parent: str | None = None


class Taxonomy(Struct, frozen=True, kw_only=True):
    """A list of terms that fields choose from."""

    slug: str
    name: str
    terms: list[Term]


class NewBoard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A board to begin, from a template or with a form of its own."""

    title: Title
    purpose: LongText = ""
    template: Slug | None = None
    form: Form | None = None
    readers: Literal["everyone", "members"] = "everyone"
    opens_at: datetime | None = None
    consolidates_at: datetime | None = None
    publishes_at: datetime | None = None


class BoardChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a board to change; None takes a date away."""

    title: Title | UnsetType = UNSET
    purpose: LongText | UnsetType = UNSET
    form: Form | UnsetType = UNSET
    key_field: FieldKey | None | UnsetType = UNSET
    verify_days: Annotated[int, Meta(ge=30, le=3650)] | UnsetType = UNSET
    readers: Literal["everyone", "members"] | UnsetType = UNSET
    opens_at: datetime | None | UnsetType = UNSET
    consolidates_at: datetime | None | UnsetType = UNSET
    publishes_at: datetime | None | UnsetType = UNSET


class Board(Struct, frozen=True, kw_only=True):
    """A stock-taking board. `entries` counts what stands in its table."""

    id: int
    sector: str
    sector_name: str
    topic: int
    title: str
    purpose: str
    purpose_html: str
    template: str | None
    form: Form
    key_field: str | None
    phase: Phase
    readers: Literal["everyone", "members"]
    opens_at: datetime | None
    consolidates_at: datetime | None
    publishes_at: datetime | None
    verify_days: int
    entries: int
    editions: int
    curators: list[Author]
    version: int
    stream: Stream | None = None


class BoardList(Struct, frozen=True):
    """The boards of a sector."""

    items: list[Board]
    stream: Stream


class NewEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry to add; `source` is the post or live question that it is made from, as a post's id."""

    fields: Fields
    source: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None


class EntryChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields to change; None empties one. Those not named stay as others have made them meanwhile."""

    fields: Fields


class Confirmation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With which words one backs an entry, if with any: they become a reply in its topic."""

    note: LongText = ""


class Merger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entry in which another lives on."""

    into: Annotated[int, Meta(ge=1, le=2**63 - 1)]


class Evidence(Struct, frozen=True, kw_only=True):
    """A link of an entry, and how it was found when last looked at."""

    url: str
    state: Literal["unchecked", "reachable", "gone", "unreachable", "refused"]
    status: int | None
    checked_at: datetime | None


class Entry(Struct, frozen=True, kw_only=True):
    """One row of a board. Its text is post `post` of topic `topic`, where it is talked about (`replies`).

    `confirmations` counts by kind; `mine` are the viewer's own, which events leave out. Without `fields` it is a
    tombstone: hidden or withdrawn, or merged into `merged_into`.
    """

    id: int
    board: int
    number: int
    topic: int
    post: int
    title: str | None
    fields: Fields | None
    author: Author | None
    contributors: list[Author]
    added_at: datetime
    changed_at: datetime
    state: EntryState
    merged_into: int | None
    source: int | None
    confirmations: dict[str, int]
    replies: int
    requests: int
    evidence: list[Evidence]
    disposition: Disposition
    disposition_reason: str
    verified_at: datetime
    due_at: datetime
    outdated_at: datetime | None
    outdated_reason: str
    version: int
    mine: list[ConfirmationKind] | UnsetType = UNSET


class EntryPage(Struct, frozen=True):
    """One page of a board's table."""

    items: list[Entry]
    next: str | None
    total: int
    stream: Stream


class EntryList(Struct, frozen=True):
    """A few entries."""

    items: list[Entry]


class EntryVersion(Struct, frozen=True, kw_only=True):
    """What an entry said from `written_at` on, until the next version."""

    version: int
    title: str
    fields: Fields
    author: Author | None
    written_at: datetime


class EntryVersions(Struct, frozen=True):
    """All that an entry has said, newest first; the first is what it says now."""

    items: list[EntryVersion]

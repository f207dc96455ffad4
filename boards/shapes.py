"""Input and output types of boards and entries."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from boards.policy import Phase
from core.languages.names import local
from core.text import NO_CONTROLS, ONE_LINE, LongText, Slug, Title
from core.translations import Translation, Translations, local_description, local_title
from members.shapes import Author
from storage.event_log import Stream

FieldKind = Literal[
    "text", "long_text", "one_of", "some_of", "number", "date", "country", "link", "file", "reference"
]
FieldKey = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_]*(?![\s\S])")]
Disposition = Literal["open", "included", "partly", "excluded"]
ConfirmationKind = Literal["do_too", "confirm"]
EntryState = Literal["published", "withdrawn", "hidden", "merged"]
# The values of an entry by field key: text, terms, a number, `YYYY-MM-DD`, a country code, a URL,
# {"kind": "file", "id": id} or {"kind": "topic"|"post"|"question"|"member"|"entry", "id": id}. Empty fields are absent.
Fields = dict[FieldKey, Any]


class Field(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One field of a form. The types one_of and some_of choose from `taxonomy`; a `retired` field accepts no new values."""

    key: FieldKey
    label: Annotated[str, Meta(min_length=1, max_length=120, pattern=ONE_LINE)]
    type: FieldKind
    help: Annotated[str, Meta(max_length=500, pattern=NO_CONTROLS)] = ""
    taxonomy: Slug | None = None
    required: bool = False
    retired: bool = False


class Form(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a board's entries in display order. The first required `text` field is the title of an entry."""

    fields: Annotated[list[Field], Meta(min_length=1, max_length=40)]


class Term(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One value of a taxonomy: its name in the community's first `language`, and `names` by other languages.

    `parent` is the slug of the term above it.
    """

    slug: str
    name: str
    parent: str | None = None
    names: dict[str, str] = {}
    language: str = ""

    def local(self) -> str:
        """Return the name in the language of the reader."""
        return local(self.name, self.names, self.language)


class Taxonomy(Struct, frozen=True, kw_only=True):
    """A list of terms from which fields choose."""

    slug: str
    name: str
    terms: list[Term]


class NewBoard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A board to create, from a template or with its own form.

    Without `opens_at` it opens immediately; with null it stays planned until somebody sets the date.
    """

    title: Title
    purpose: LongText = ""
    template: Slug | None = None
    form: Form | None = None
    readers: Literal["everyone", "members"] = "everyone"
    opens_at: datetime | None | UnsetType = UNSET
    consolidates_at: datetime | None = None
    publishes_at: datetime | None = None


class BoardChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The properties of a board to change; null removes a date or the key field, `translations` replaces all of them."""

    title: Title | UnsetType = UNSET
    purpose: LongText | UnsetType = UNSET
    translations: Translations | UnsetType = UNSET
    form: Form | UnsetType = UNSET
    key_field: FieldKey | None | UnsetType = UNSET
    verify_days: Annotated[int, Meta(ge=30, le=3650)] | UnsetType = UNSET
    readers: Literal["everyone", "members"] | UnsetType = UNSET
    opens_at: datetime | None | UnsetType = UNSET
    consolidates_at: datetime | None | UnsetType = UNSET
    publishes_at: datetime | None | UnsetType = UNSET


class Board(Struct, frozen=True, kw_only=True):
    """A stock-taking board; `entries` is the number of entries in its table."""

    id: int
    sector: str
    sector_name: str
    topic: int
    title: str
    purpose: str
    purpose_html: str
    translations: dict[str, Translation] = {}
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

    @property
    def local_title(self) -> str:
        """Return the title in the language of the reader."""
        return local_title(self.title, self.translations)

    @property
    def local_purpose(self) -> str:
        """Return the purpose in the language of the reader."""
        return local_description(self.purpose, self.translations)


class BoardList(Struct, frozen=True):
    """The boards of a sector."""

    items: list[Board]
    stream: Stream


class NewEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry to add; `source` is the id of the post or live question from which it is made."""

    fields: Fields
    source: Annotated[int, Meta(ge=1, le=2**63 - 1)] | None = None


class EntryChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields to change; null empties a field, and fields that are not named stay as they are."""

    fields: Fields


class Confirmation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A confirmation of an entry; a note becomes a reply in the entry's topic."""

    note: LongText = ""


class Merger(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entry into which another one is merged."""

    into: Annotated[int, Meta(ge=1, le=2**63 - 1)]


class Evidence(Struct, frozen=True, kw_only=True):
    """A link in an entry, and the result of its last check."""

    url: str
    state: Literal["unchecked", "reachable", "gone", "unreachable", "refused"]
    status: int | None
    checked_at: datetime | None


class Entry(Struct, frozen=True, kw_only=True):
    """One entry of a board. Its text is the post `post` in the topic `topic`, which has `replies` replies.

    `confirmations` has counts by kind; `mine` are the kinds that the viewer has given, which events leave out. An entry
    without `fields` is a tombstone: it was hidden, withdrawn or merged into the entry `merged_into`.
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
    """A list of entries."""

    items: list[Entry]


class EntryVersion(Struct, frozen=True, kw_only=True):
    """The values of an entry from `written_at` until the next version."""

    version: int
    title: str
    fields: Fields
    author: Author | None
    written_at: datetime


class EntryVersions(Struct, frozen=True):
    """All versions of an entry, newest first; the first one is current."""

    items: list[EntryVersion]

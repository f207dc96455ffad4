"""Structs of drafts: requests and responses."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from core.text import NO_CONTROLS, ONE_LINE, POST_LENGTH, TITLE_LENGTH, UNSEEN

# What the draft will become: a reply to a topic or post, an edit, or a new topic in a sector; after a tilde, the fork.
KEY = r"^(?:(?:topic|reply|edit):[1-9]\d{0,17}|new:[a-z0-9][a-z0-9-]{0,59})(?:~[1-9]\d{0,2})?(?![\s\S])"

DraftKey = Annotated[str, Meta(pattern=KEY, max_length=80)]


class DraftChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The text in an editor window: `sequence` is the last version of the draft that the window saw, `owner` identifies the
    window."""

    body: Annotated[str, Meta(max_length=POST_LENGTH, pattern=NO_CONTROLS, extra=UNSEEN)]
    title: Annotated[str, Meta(max_length=TITLE_LENGTH, pattern=ONE_LINE, extra=UNSEEN)] = ""
    # As typed; they become tags when the topic is started.
    tags: Annotated[str, Meta(max_length=500, pattern=ONE_LINE, extra=UNSEEN)] = ""
    kind: Annotated[str, Meta(max_length=20, pattern=ONE_LINE)] = ""
    # The chosen one, if any; whether it is known is looked at when the text is posted.
    language: Annotated[str, Meta(max_length=35, pattern=ONE_LINE)] = ""
    sequence: Annotated[int, Meta(ge=0, le=2**53)]
    owner: Annotated[str, Meta(min_length=1, max_length=60, pattern=ONE_LINE)]


class Draft(Struct, frozen=True, kw_only=True):
    """A draft. If its key differs from the requested one, another window changed that draft and this one is a fork of it."""

    key: str
    sequence: int
    body: str
    title: str = ""
    tags: str = ""
    kind: str = ""
    language: str = ""
    saved_at: datetime | None = None


class DraftRow(Struct, frozen=True, kw_only=True):
    """A draft in a list: its purpose, its first words, and the address of the page where the member continues it."""

    key: str
    what: str
    title: str
    begins: str
    saved_at: datetime
    address: str | None
    is_fork: bool


class DraftList(Struct, frozen=True):
    """All drafts of the member, the latest first."""

    items: list[DraftRow]

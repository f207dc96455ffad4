"""The requests and responses of saved searches."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.text import ONE_LINE

QUERY_LENGTH = 300

# How often the member is notified of new matches: within minutes, once a day, or not at all.
NotifyInterval = Literal["soon", "daily", "never"]


class NewSearch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A query to save, as typed, and how often to notify the member."""

    query: Annotated[str, Meta(min_length=1, max_length=QUERY_LENGTH, pattern=ONE_LINE)]
    told: NotifyInterval = "soon"


class SavedSearch(Struct, frozen=True, kw_only=True):
    """A saved query."""

    id: int
    query: str
    told: NotifyInterval
    saved_at: datetime


class SavedSearches(Struct, frozen=True):
    """The saved searches of a member, in alphabetical order of their queries."""

    items: list[SavedSearch]

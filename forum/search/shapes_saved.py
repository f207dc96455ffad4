"""What comes in and goes out of saved searches."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.text import ONE_LINE

QUERY_LENGTH = 300

# When one is told of what newly fits: within minutes, once a day, or not at all.
NotifyInterval = Literal["soon", "daily", "never"]


class NewSearch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A query to keep, as it is typed, and when to be told."""

    query: Annotated[str, Meta(min_length=1, max_length=QUERY_LENGTH, pattern=ONE_LINE)]
    told: NotifyInterval = "soon"


class SavedSearch(Struct, frozen=True, kw_only=True):
    """A query that was kept."""

    id: int
    query: str
    told: NotifyInterval
    saved_at: datetime


class SavedSearches(Struct, frozen=True):
    """Those of a member, by their words."""

    items: list[SavedSearch]

"""Shapes of machine translations of posts in the API."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from forum.shapes import LanguageTag


class WantedTranslation(Struct, frozen=True, forbid_unknown_fields=True):
    """The language into which a post is to be translated: one of the languages of the interface."""

    language: LanguageTag


class PostTranslation(Struct, frozen=True, kw_only=True):
    """A translation of a post by a machine: made, waiting for the translator, or failed.

    `source` is the language of the post. `html`, `provider` and `made_at` are null unless it is made.
    """

    post: int
    language: str
    source: str
    state: Literal["made", "waiting", "failed"]
    html: str | None = None
    provider: str | None = None
    made_at: datetime | None = None

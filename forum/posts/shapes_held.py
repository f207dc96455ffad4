"""Structs of held posts, for their authors and for moderators."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from core.text import PostBody
from forum.shapes import LanguageTag
from members.shapes import Author

HeldOutcome = Literal["approved", "rejected", "withdrawn"]


class HeldPost(Struct, frozen=True, kw_only=True):
    """A held post or a held edit, visible only to its author and the moderators.

    `why` is the explanation for the author, `parent` the post it replies to, `title` the title of its topic; `opens` is true
    for the first post of a topic. `language` is the one that its author chose, or null. It waits
    for a decision as long as `outcome` is null.
    """

    id: int
    topic: int
    title: str
    opens: bool
    is_edit: bool = False
    parent: int | None
    author: Author | None
    state: Literal["held"] = "held"
    code: str = "held_by_rule"
    why: str
    body: str
    html: str
    language: str | None = None
    held_at: datetime
    edited_at: datetime | None
    version: int
    outcome: HeldOutcome | None


class HeldPostList(Struct, frozen=True):
    """The member's held posts and edits, also rejected and withdrawn ones, the latest first."""

    items: list[HeldPost]


class HeldChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new text for a held post. Without a `language`, one that was chosen stays, and otherwise it is detected again."""

    body: PostBody
    language: LanguageTag | None = None

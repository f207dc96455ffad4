"""What goes out of posts that are held, to their authors and to moderators."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from core.text import PostBody
from members.shapes import Author

HeldOutcome = Literal["approved", "rejected", "withdrawn"]


class HeldPost(Struct, frozen=True, kw_only=True):
    """A post that a moderator looks at first, or a change of one: for its author and the moderators alone, until then.

    `why` is what its author is told; `parent` the post it answers, and `title` that of the topic it opens. It waits as long
    as there is no `outcome`.
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
    held_at: datetime
    edited_at: datetime | None
    version: int
    outcome: HeldOutcome | None


class HeldPostList(Struct, frozen=True):
    """What of one's posts is held, or was not published, the latest first."""

    items: list[HeldPost]


class HeldChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another text for a post that is held."""

    body: PostBody

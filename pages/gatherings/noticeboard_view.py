"""The values of a noticeboard's pages, prepared from its notices."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import allowed
from core.languages.texts import gettext, translatable
from gatherings.policy_rooms import RoomFacts, WriterFacts, ensure_can_write
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.notices import Column, Notice
from gatherings.shapes.rooms import Room
from pages.forum.post_html import ANONYMOUS, who
from storage.event_log import Stream

# How many notices of each column are shown on the whole noticeboard; a single column or a search shows twice as many.
NOTICES_PER_COLUMN = 20
# After how many days a notice expires, by the value of the form.
EXPIRY_CHOICES = (
    ("0", translatable("Never")),
    ("1", translatable("After a day")),
    ("7", translatable("After a week")),
    ("30", translatable("After a month")),
)


class NoticeboardFilter(Struct, frozen=True, kw_only=True):
    """The part of a noticeboard to show: one column, or the notices that contain certain words."""

    column: int | None = None
    words: str = ""

    def address(self, room: int, after: str | None = None) -> str:
        """Return the path and query of the page that shows this part."""
        asked = {"column": self.column, "q": self.words, "after": after}
        given = {name: value for name, value in asked.items() if value}
        return f"/r/{room}/board{'?' if given else ''}{urlencode(given)}"


class ShownColumn(Struct, frozen=True, kw_only=True):
    """A column with its shown notices; `column` is None for search results."""

    column: Column | None
    notices: Sequence[Notice]
    next: str | None


class Noticeboard(Struct, frozen=True, kw_only=True):
    """The values of a noticeboard's page for one viewer."""

    facts: RoomFacts
    room: Room
    gathering: Gathering
    columns: Sequence[Column]
    shelves: Sequence[ShownColumn]
    stream: Stream
    topic_stream: Stream
    writer: WriterFacts


class NoticeboardPermissions(Struct, frozen=True, kw_only=True):
    """What the viewer can do on a noticeboard, and the short names of the groups."""

    viewer: int | None
    is_host: bool
    is_on: bool
    can_write: bool
    can_thank: bool
    groups: Mapping[str, str]

    def by(self, notice: Notice) -> Markup:
        """Return the author as HTML."""
        return Markup(who(notice.author or None, self.groups))

    def may_arrange(self, notice: Notice) -> bool:
        """Return whether the viewer can move the notice and change when it expires."""
        return self.is_on and (self.is_host or notice.mine is True)


def permissions_on(actor: Actor, board: Noticeboard, groups: Mapping[str, str]) -> NoticeboardPermissions:
    """Return what the actor can do on a noticeboard, by the rules of gatherings."""
    now = clock.now()
    return NoticeboardPermissions(
        viewer=actor.id,
        is_host=actor.hosts_at(board.facts.gathering_id),
        is_on="board" in board.facts.modules,
        can_write=allowed(ensure_can_write, actor, board.facts, "board", board.writer, now),
        can_thank=actor.id is not None and actor.is_verified,
        groups=groups,
    )


def sample_notice(room: Room) -> Notice:
    """Return the sample from which the page's script builds arriving notices."""
    return Notice(
        id=0, room=room.id, post=0, state="published", version=0, column=0, number=0, title="", body="", html="",
        author=None, replies=0, thanks=0, pinned=False, expires_at=None, posted_at=clock.now(), edited_at=None,
        my_thanks=False, mine=False,
    )  # fmt: skip


def script_words() -> str:
    """Return what the page's script shows in the language of the request, as JSON; the rest is in the sample notice."""
    return msgspec.json.encode(
        {
            "anonymous": gettext(ANONYMOUS),
            "taken_off": gettext("This notice was removed from the noticeboard."),
            "moved": gettext("This notice was moved to another column."),
            "columns_changed": gettext("The columns changed"),
            "kept": gettext("Your text is kept."),
        }
    ).decode()

"""What a bulletin board's pages are made of, once its notices are read."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from markupsafe import Markup
from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import allowed
from gatherings.policy_rooms import RoomFacts, WriterFacts, ensure_can_write
from gatherings.shapes.gatherings import Gathering
from gatherings.shapes.notices import Column, Notice
from gatherings.shapes.rooms import Room
from pages.forum.post_html import who
from storage.event_log import Stream

# How many notices of each column stand on the whole board, and of one column or a search on a page of its own.
SHOWN = 20
# For how many days a notice stays, by what the form sends.
STAYS = (("0", "Until it is taken off"), ("1", "For a day"), ("7", "For a week"), ("30", "For a month"))


class Filter(Struct, frozen=True, kw_only=True):
    """What of the board somebody wants to see: one column, or what has certain words in it."""

    column: int | None = None
    words: str = ""

    def address(self, room: int, after: str | None = None) -> str:
        """The page that shows this."""
        asked = {"column": self.column, "q": self.words, "after": after}
        given = {name: value for name, value in asked.items() if value}
        return f"/r/{room}/board{'?' if given else ''}{urlencode(given)}"


class Shelf(Struct, frozen=True, kw_only=True):
    """A column with the notices of it that are shown; `column` is None for what a search has found."""

    column: Column | None
    notices: Sequence[Notice]
    next: str | None


class Board(Struct, frozen=True, kw_only=True):
    """Everything a board's page shows to somebody."""

    facts: RoomFacts
    room: Room
    gathering: Gathering
    columns: Sequence[Column]
    shelves: Sequence[Shelf]
    stream: Stream
    topic_stream: Stream
    writer: WriterFacts


class Stand(Struct, frozen=True, kw_only=True):
    """What the viewer may do at a board, and the words it is written in."""

    viewer: int | None
    is_host: bool
    is_on: bool
    can_write: bool
    can_thank: bool
    groups: Mapping[str, str]

    def by(self, notice: Notice) -> Markup:
        """Who wrote it."""
        return Markup(who(notice.author or None, self.groups))

    def may_arrange(self, notice: Notice) -> bool:
        """Whether the viewer moves it, and says until when it stays."""
        return self.is_on and (self.is_host or notice.mine is True)


def stand_of(actor: Actor, board: Board, groups: Mapping[str, str]) -> Stand:
    """Where somebody stands at a board, by the same rules as everywhere."""
    now = clock.now()
    return Stand(
        viewer=actor.id,
        is_host=actor.hosts_at(board.facts.gathering_id),
        is_on="board" in board.facts.modules,
        can_write=allowed(ensure_can_write, actor, board.facts, "board", board.writer, now),
        can_thank=actor.id is not None and actor.is_verified,
        groups=groups,
    )


def blank(room: Room) -> Notice:
    """A notice that is none: the page's script makes arriving notices of it."""
    return Notice(
        id=0, room=room.id, post=0, state="published", version=0, column=0, number=0, title="", body="", html="",
        author=None, replies=0, thanks=0, pinned=False, expires_at=None, posted_at=clock.now(), edited_at=None,
        my_thanks=False, mine=False,
    )  # fmt: skip

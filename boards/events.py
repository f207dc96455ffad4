"""What happens on boards."""

from core.events import Event


class BoardCreated(Event, frozen=True, kw_only=True, tag="board_begun"):
    """A sector has another board."""

    sector_id: int
    board_id: int

    @property
    def channel(self) -> str:
        return f"sector:{self.sector_id}"


class _OnBoard(Event, frozen=True, kw_only=True):
    board_id: int

    @property
    def channel(self) -> str:
        return f"board:{self.board_id}"


class BoardChanged(_OnBoard, frozen=True, kw_only=True, tag="board_changed"):
    """Title, purpose, form, phases or curators are others now."""


class EntryAdded(_OnBoard, frozen=True, kw_only=True, tag="entry_added"):
    """The board has another entry."""

    entry_id: int


class EntryChanged(_OnBoard, frozen=True, kw_only=True, tag="entry_changed_on_board"):
    """An entry says something else, was confirmed, merged, withdrawn, hidden, restored, decided about or verified."""

    entry_id: int


class EntriesImported(_OnBoard, frozen=True, kw_only=True, tag="entries_imported"):
    """Many entries came or changed at once: what one sees of the board is read anew."""


class GapsClaimed(_OnBoard, frozen=True, kw_only=True, tag="gaps_claimed"):
    """Somebody looks into a gap, or no longer."""


class EditionPublished(_OnBoard, frozen=True, kw_only=True, tag="edition_published"):
    """The board was published as it stands."""

    number: int

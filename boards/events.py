"""Events of boards and entries."""

from core.events import Event


class BoardCreated(Event, frozen=True, kw_only=True, tag="board_begun"):
    """A board was created in a sector."""

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
    """The title, purpose, form, phases, readers, curators or shared views of a board changed."""


class EntryAdded(_OnBoard, frozen=True, kw_only=True, tag="entry_added"):
    """An entry was added to a board."""

    entry_id: int


class EntryChanged(_OnBoard, frozen=True, kw_only=True, tag="entry_changed_on_board"):
    """The values, state, confirmations, disposition, requests or verification of an entry changed."""

    entry_id: int


class EntriesImported(_OnBoard, frozen=True, kw_only=True, tag="entries_imported"):
    """An import added or changed entries; clients reload the board."""


class GapsClaimed(_OnBoard, frozen=True, kw_only=True, tag="gaps_claimed"):
    """A gap claim was made, prolonged or ended."""


class EditionPublished(_OnBoard, frozen=True, kw_only=True, tag="edition_published"):
    """An edition of the board was published."""

    number: int

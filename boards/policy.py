"""Permission rules of boards and entries, as pure functions, and the refusals that they raise."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Denied
from core.ids import BoardId, EntryId, MemberId, PostId, SectorId, TopicId
from core.languages.texts import translatable

Phase = Literal["planned", "collecting", "consolidating", "published"]


class NotACurator(Denied):
    """The actor is neither a curator of the board nor a moderator of its sector."""

    message = translatable("Only curators of this stock-take can do this.")


class NotCollecting(Denied):
    """The board accepts no entries in this phase."""

    message = translatable("This stock-take takes no new entries at the moment.")


class NotConsolidating(Denied):
    """Dispositions and editions are possible only in the phases consolidating and published."""

    message = translatable("This stock-take is not being consolidated yet.")


class NotYourEntry(Denied):
    """The actor neither contributed to the entry nor curates the board."""

    message = translatable("Only contributors to this entry and curators of the stock-take can do this.")


class EntryIsMerged(Conflict):
    """The entry was merged into another one."""

    message = translatable("This entry was merged into another; change that one.")


class EntryIsGone(Conflict):
    """The entry was withdrawn or hidden."""

    message = translatable("This entry was withdrawn or hidden.")


class BoardFacts(Struct, frozen=True, kw_only=True):
    """The facts about a board, and about the actor as its curator, that the permission rules need."""

    id: BoardId
    sector_id: SectorId
    topic_id: TopicId
    opens_at: datetime | None
    consolidates_at: datetime | None
    publishes_at: datetime | None
    version: int
    last_edition: int
    is_curator: bool

    def phase(self, now: datetime) -> Phase:
        """Return the phase at a given time; a phase begins at its date and ends when the next one begins."""
        if self.publishes_at and now >= self.publishes_at:
            return "published"
        if self.consolidates_at and now >= self.consolidates_at:
            return "consolidating"
        if self.opens_at and now >= self.opens_at:
            return "collecting"
        return "planned"


class EntryFacts(Struct, frozen=True, kw_only=True):
    """The facts about an entry, and about the actor as its contributor, that the permission rules need."""

    id: EntryId
    board_id: BoardId
    topic_id: TopicId
    post_id: PostId
    author_id: MemberId | None
    has_contributed: bool
    post_state: str
    merged_into: int | None
    version: int


def can_curate(actor: Actor, board: BoardFacts) -> bool:
    """Return whether the actor is a curator of the board, a moderator of its sector or an administrator."""
    return board.is_curator or actor.moderates_in(board.sector_id)


def ensure_can_create_board(actor: Actor, sector_id: SectorId, now: datetime) -> None:
    """Allow moderators of the sector to create a board there; raise Denied for others."""
    actor.may_write(now, sector_id)
    if not actor.moderates_in(sector_id):
        raise Denied


def ensure_can_curate(actor: Actor, board: BoardFacts, now: datetime) -> None:
    """Allow curators of the board and moderators of its sector; raise NotACurator for others."""
    actor.may_write(now, board.sector_id)
    if not can_curate(actor, board):
        raise NotACurator


def ensure_can_appoint(actor: Actor, board: BoardFacts, now: datetime) -> None:
    """Allow moderators of the sector to appoint curators; raise Denied for others, curators included."""
    actor.may_write(now, board.sector_id)
    if not actor.moderates_in(board.sector_id):
        raise Denied


def ensure_can_contribute(actor: Actor, board: BoardFacts, now: datetime) -> None:
    """Allow members to add entries in the phase collecting, and curators in every phase; raise NotCollecting otherwise."""
    actor.may_write(now, board.sector_id)
    if not can_curate(actor, board) and board.phase(now) != "collecting":
        raise NotCollecting


def ensure_can_change_entry(actor: Actor, board: BoardFacts, entry: EntryFacts, now: datetime) -> None:
    """Allow contributors to change an entry in the phases collecting and consolidating, and curators in every phase.

    Raises EntryIsMerged, EntryIsGone, NotYourEntry or NotCollecting.
    """
    actor.may_write(now, board.sector_id)
    if entry.merged_into is not None:
        raise EntryIsMerged
    if entry.post_state != "published":
        raise EntryIsGone
    if can_curate(actor, board):
        return
    if not entry.has_contributed:
        raise NotYourEntry
    if board.phase(now) not in ("collecting", "consolidating"):
        raise NotCollecting


def ensure_can_confirm_entry(actor: Actor, board: BoardFacts, entry: EntryFacts, now: datetime) -> None:
    """Allow members to confirm an entry in every phase; raise EntryIsMerged or EntryIsGone."""
    actor.may_write(now, board.sector_id)
    if entry.merged_into is not None:
        raise EntryIsMerged
    if entry.post_state != "published":
        raise EntryIsGone


def ensure_can_withdraw_entry(actor: Actor, board: BoardFacts, entry: EntryFacts, now: datetime) -> None:
    """Allow authors to withdraw and restore their entry while the board collects; authors who curate it may always do so.

    Raises NotYourEntry, EntryIsMerged, EntryIsGone or NotCollecting.
    """
    member = actor.may_write(now, board.sector_id)
    if entry.author_id != member:
        raise NotYourEntry
    if entry.merged_into is not None:
        raise EntryIsMerged
    if entry.post_state == "hidden":
        raise EntryIsGone
    if not can_curate(actor, board) and board.phase(now) != "collecting":
        raise NotCollecting


def ensure_can_decide(actor: Actor, board: BoardFacts, now: datetime) -> None:
    """Allow curators to set dispositions from the phase consolidating on; raise NotACurator or NotConsolidating."""
    ensure_can_curate(actor, board, now)
    if board.phase(now) not in ("consolidating", "published"):
        raise NotConsolidating


def ensure_can_publish(actor: Actor, board: BoardFacts, now: datetime) -> None:
    """Allow curators to publish editions from the phase consolidating on; raise NotACurator or NotConsolidating."""
    ensure_can_decide(actor, board, now)


def ensure_can_verify(actor: Actor, board: BoardFacts, entry: EntryFacts, now: datetime) -> None:
    """Allow contributors and curators to verify an entry in every phase.

    Raises EntryIsMerged, EntryIsGone or NotYourEntry.
    """
    ensure_can_confirm_entry(actor, board, entry, now)
    if not entry.has_contributed and not can_curate(actor, board):
        raise NotYourEntry

"""Who may do what on boards: pure rules, and the refusals they raise."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict, Denied
from core.ids import BoardId, EntryId, MemberId, PostId, SectorId, TopicId

Phase = Literal["planned", "collecting", "consolidating", "published"]


class NotACurator(Denied):
    """Only the curators of a board, and the moderators of its sector, do this."""

    message = "Only curators of this board can do this."


class NotCollecting(Denied):
    """The board takes no entries in this phase."""

    message = "This board takes no new entries at the moment."


class NotConsolidating(Denied):
    """Entries are decided about while a board is consolidated, or published."""

    message = "This board is not being consolidated yet."


class NotYourEntry(Denied):
    """Only who contributed to an entry, or a curator, changes it."""

    message = "Only who contributed to this entry, or a curator, can do this."


class EntryIsMerged(Conflict):
    """The entry lives on in another."""

    message = "This entry was merged into another; change that one."


class EntryIsGone(Conflict):
    """The entry was withdrawn or hidden."""

    message = "This entry was withdrawn or hidden."


class BoardFacts(Struct, frozen=True, kw_only=True):
    """What the rules need of a board, and of the actor's place on it."""

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
        """What the board is in at a moment: each phase begins at its date, and the next one ends it."""
        if self.publishes_at and now >= self.publishes_at:
            return "published"
        if self.consolidates_at and now >= self.consolidates_at:
            return "consolidating"
        if self.opens_at and now >= self.opens_at:
            return "collecting"
        return "planned"


class EntryFacts(Struct, frozen=True, kw_only=True):
    """What the rules need of an entry, and of the actor's part in it."""

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
    """Whether somebody consolidates the board: its curators, the sector's moderators, administrators."""
    return board.is_curator or actor.moderates_in(board.sector_id)


def ensure_can_create_board(actor: Actor, sector_id: SectorId, now: datetime) -> None:
    """The moderators of a sector begin its boards."""
    actor.may_write(now, sector_id)
    if not actor.moderates_in(sector_id):
        raise Denied


def ensure_can_curate(actor: Actor, board: BoardFacts, now: datetime) -> None:
    """Curators of the board, and moderators of its sector."""
    actor.may_write(now, board.sector_id)
    if not can_curate(actor, board):
        raise NotACurator


def ensure_can_appoint(actor: Actor, board: BoardFacts, now: datetime) -> None:
    """The moderators of the sector appoint curators; curators do not appoint each other."""
    actor.may_write(now, board.sector_id)
    if not actor.moderates_in(board.sector_id):
        raise Denied


def ensure_can_contribute(actor: Actor, board: BoardFacts, now: datetime) -> None:
    """Members add entries while a board collects; curators as long as it lives."""
    actor.may_write(now, board.sector_id)
    if not can_curate(actor, board) and board.phase(now) != "collecting":
        raise NotCollecting


def ensure_can_change_entry(actor: Actor, board: BoardFacts, entry: EntryFacts, now: datetime) -> None:
    """Who contributed to an entry changes it while the board collects or consolidates; curators always."""
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
    """Members confirm what stands there, in every phase."""
    actor.may_write(now, board.sector_id)
    if entry.merged_into is not None:
        raise EntryIsMerged
    if entry.post_state != "published":
        raise EntryIsGone


def ensure_can_withdraw_entry(actor: Actor, board: BoardFacts, entry: EntryFacts, now: datetime) -> None:
    """Who added an entry takes it back while the board collects, and brings it back; curators who added one always."""
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
    """Curators decide what becomes of entries, from when the board is consolidated."""
    ensure_can_curate(actor, board, now)
    if board.phase(now) not in ("consolidating", "published"):
        raise NotConsolidating


def ensure_can_publish(actor: Actor, board: BoardFacts, now: datetime) -> None:
    """Curators publish editions of a board from when it is consolidated."""
    ensure_can_decide(actor, board, now)


def ensure_can_verify(actor: Actor, board: BoardFacts, entry: EntryFacts, now: datetime) -> None:
    """Who contributed to an entry, or curates its board, says in every phase that it still holds."""
    ensure_can_confirm_entry(actor, board, entry, now)
    if not entry.has_contributed and not can_curate(actor, board):
        raise NotYourEntry

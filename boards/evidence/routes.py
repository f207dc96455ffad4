"""HTTP routes for the verification of entries."""

from litestar import put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from boards.evidence import verification
from boards.evidence.verification import OutdatedMark
from boards.lookup.entry_queries import show_entry
from boards.shapes import Entry
from core.actor import Actor
from core.http import PathId
from core.ids import EntryId
from forum.writing.replies import Replies
from storage.database import Database


@put("/entries/{entry_id:int}/verification", operation_id="verify_entry")
async def verify_entry(
    entry_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Entry:
    """State that an entry is still correct."""
    async with db.begin() as tx:
        await verification.verify_entry(tx, actor, EntryId(entry_id))
        return await show_entry(tx, actor, EntryId(entry_id))


@put("/entries/{entry_id:int}/outdating", operation_id="outdate_entry")
async def outdate_entry(
    entry_id: PathId,
    data: JSONBody[OutdatedMark],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    replies: NamedDependency[Replies],
) -> Entry:
    """State that an entry is outdated, and why."""
    async with db.begin() as tx:
        await verification.outdate_entry(tx, actor, EntryId(entry_id), data, replies.screen)
        return await show_entry(tx, actor, EntryId(entry_id))


routes = [
    verify_entry,
    outdate_entry,
]

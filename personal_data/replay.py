"""Replay: erasing again what a restored backup has brought back."""

from collections.abc import Iterable

from core.ids import MemberId
from members.accounts.erasure_requests import (
    postpone_pending_erasures,
    read_begun_erasures,
    replay_erasure,
)
from personal_data.erasing import Surroundings, erase_next_member
from personal_data.erasure_list import NotedErasure
from storage.database import Database


async def replay_erasures(db: Database, noted: Iterable[NotedErasure]) -> int:
    """Erase the noted members who are in the database again; return how many. Whoever has asked for it and can still cancel
    gets the waiting time again. The list of the database is complete afterwards."""
    replayed = 0
    async with db.begin() as tx:
        await postpone_pending_erasures(tx)
        for one in noted:
            replayed += await replay_erasure(tx, MemberId(one.member_id), list(one.deletes), one.begun_at)
    # They are noted already, and the mail folder of another installation is not this one's.
    while await erase_next_member(Surroundings(lambda *_: None, lambda _: None), db):
        pass
    return replayed


async def list_erasures(db: Database) -> list[NotedErasure]:
    """Return the erasures that the database knows, for a file beside its backups."""
    async with db.read() as tx:
        return [
            NotedErasure(row["member_id"], row["begun_at"], tuple(row["deletes"]))
            for row in await read_begun_erasures(tx)
        ]

"""Carrying out erasures: piece by piece, each in a transaction of its own, and harmless to repeat."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from asyncpg import Record
from msgspec import Struct

from core import clock
from core.ids import MemberId
from members.accounts import erasure_requests
from members.accounts.erasure import (
    delete_member,
    find_or_create_former_member,
    lock_member,
    lock_member_alone,
    lock_out,
    strip_member,
    stripped_handle,
)
from members.handles import handle_hash
from moderation.cases.erasure import find_held_cases
from personal_data.generic import words_of
from personal_data.steps import erase_boards, erase_next_posts, erase_the_rest, prepare_posts
from storage.database import Database, Transaction
from storage.personal_data import Erasure
from storage.quarantine import ItemJob


class Surroundings(Struct, frozen=True):
    """What an erasure does outside the database: `note` writes down for restores which member is erased, when and of which
    kinds the texts are deleted; `forget_mails` deletes stored e-mails that contain one of the words."""

    note: Callable[[int, datetime, Sequence[str]], None]
    forget_mails: Callable[[Sequence[str]], None]


async def erase_next_member(surroundings: Surroundings, db: Database) -> bool:
    """Scheduled job: do the next piece of the erasure that is due, and return whether there was one."""
    return await ItemJob(
        "erasures", erasure_requests.lock_next_erasure, partial(_work, surroundings)
    ).run_next(db)


async def _work(surroundings: Surroundings, tx: Transaction, row: Record) -> None:
    member = MemberId(row["member_id"])
    found = await lock_member(tx, member)
    if found is None:
        await erasure_requests.end_erasure(tx, member)
        return
    erasure = await _describe(tx, found, row["deletes"])
    if row["begun_at"] is None:
        await _begin(surroundings, tx, erasure)
    elif erasure.is_held and found["handle"] == stripped_handle(member):
        await erasure_requests.hold_erasure(tx, member)
    elif not await _erase_posts(tx, erasure):
        await lock_member_alone(tx, member)
        # Requests that had begun before the member was locked out may have inserted more until now.
        if not await _erase_posts(tx, erasure):
            await _finish(surroundings, tx, erasure)


async def _begin(surroundings: Surroundings, tx: Transaction, erasure: Erasure) -> None:
    member = MemberId(erasure.member)
    await lock_out(tx, member)
    await erasure_requests.begin_erasure(tx, member, handle_hash(erasure.handle))
    tx.audit("member_erased", member=member, deletes=sorted(erasure.deletes))
    # Before the commit: an erasure that is written down and not done is done at the next attempt.
    await asyncio.to_thread(surroundings.note, member, clock.now(), sorted(erasure.deletes))


async def _erase_posts(tx: Transaction, erasure: Erasure) -> bool:
    await erase_boards(tx, erasure)
    await prepare_posts(tx, erasure)
    return await erase_next_posts(tx, erasure)


async def _finish(surroundings: Surroundings, tx: Transaction, erasure: Erasure) -> None:
    member = MemberId(erasure.member)
    await erase_the_rest(tx, erasure)
    if erasure.handle != stripped_handle(member):
        await asyncio.to_thread(surroundings.forget_mails, words_of(erasure))
    if erasure.is_held:
        await strip_member(tx, member)
        await erasure_requests.hold_erasure(tx, member)
    else:
        await delete_member(tx, member)
        await erasure_requests.end_erasure(tx, member)


async def _describe(tx: Transaction, found: Record, deletes: Sequence[str]) -> Erasure:
    verified = found["email"] if found["is_verified"] else None
    held = await find_held_cases(tx, found["id"], verified)
    return Erasure(
        member=found["id"],
        handle=found["handle"],
        name=found["display_name"],
        email=verified,
        address=found["email"],
        former=await find_or_create_former_member(tx, clock.now()),
        deletes=frozenset(deletes),
        held_cases=held.cases,
        held_posts=held.posts,
        held_topics=held.topics,
        held_files=held.files,
    )

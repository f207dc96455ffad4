"""Failing addresses: those that refused an e-mail for good. Members are told, and verify an address again."""

from core import clock
from core.ids import MemberId
from storage.database import Reader, Transaction
from storage.statements import statement

_UPDATE_FAILING_ADDRESS = statement("""
UPDATE members SET failing_address = :address, failing_since = :now
WHERE id = :member AND failing_address IS DISTINCT FROM CAST(:address AS text)
""")
_UPDATE_WORKING_ADDRESS = statement("""
UPDATE members SET failing_address = NULL, failing_since = NULL
WHERE id = :member AND failing_address = CAST(:address AS text)
""")
_SELECT_FAILING_ADDRESS = statement("SELECT failing_address FROM members WHERE id = :member")
_COUNT_FAILING_ADDRESSES = statement("SELECT count(*) FROM members WHERE failing_address IS NOT NULL")


async def mark_failing(tx: Transaction, member: MemberId, address: str) -> None:
    """Mark an address of a member as failing: only links that somebody asked for, and alarms, are still sent to it."""
    await tx.run(_UPDATE_FAILING_ADDRESS, member=member, address=address, now=clock.now())


async def mark_working(tx: Transaction, member: MemberId, address: str) -> None:
    """Remove the mark of a failing address, because the member has used a link that was sent to it."""
    await tx.run(_UPDATE_WORKING_ADDRESS, member=member, address=address)


async def is_failing(tx: Reader, member: MemberId, address: str) -> bool:
    """Return whether this is the failing address of a member."""
    return bool(await tx.value(_SELECT_FAILING_ADDRESS, member=member) == address)


async def count_failing_addresses(tx: Reader) -> int:
    """Return how many members have an address that refuses e-mails."""
    return int(await tx.value(_COUNT_FAILING_ADDRESSES))

"""Pseudonyms of moderators in the public log: random, and new every month, so that one month's decisions can be compared
but nobody can be tracked for longer. Only the database links them to members."""

from datetime import UTC, date, datetime
from secrets import choice

from storage.database import Transaction
from storage.statements import statement

# Without letters that look alike, and without vowels, so that no words can appear.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_LENGTH = 5

INSERT_MODERATOR_NAME = statement("""
INSERT INTO moderator_names (month, member_id, name) VALUES (:month, :member, :name) ON CONFLICT DO NOTHING
""")


def month_start(moment: datetime) -> date:
    """Return the first day of the month of a moment, in UTC."""
    return moment.astimezone(UTC).date().replace(day=1)


async def assign_pseudonym(tx: Transaction, member_id: int, now: datetime) -> None:
    """Give a moderator a pseudonym for this month, unless they have one."""
    name = "".join(choice(_LETTERS) for _ in range(_LENGTH))
    await tx.run(INSERT_MODERATOR_NAME, month=month_start(now), member=member_id, name=name)

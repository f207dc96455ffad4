"""Names for moderators in public: drawn by lot, one a month, so that a month's decisions can be seen together and nobody's
can be followed for longer. Who is who is known to the database alone."""

from datetime import UTC, date, datetime
from secrets import choice

from storage.database import Transaction
from storage.statements import statement

# Nothing that could be mistaken for another letter, and no vowels, so that no words come of it.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
_LENGTH = 5

_NAME = statement("""
INSERT INTO moderator_names (month, member_id, name) VALUES (:month, :member, :name) ON CONFLICT DO NOTHING
""")


def month_start(moment: datetime) -> date:
    """The month in which something was decided, by UTC."""
    return moment.astimezone(UTC).date().replace(day=1)


async def assign_pseudonym(tx: Transaction, member_id: int, now: datetime) -> None:
    """See to it that a moderator has a name for this month."""
    name = "".join(choice(_LETTERS) for _ in range(_LENGTH))
    await tx.run(_NAME, month=month_start(now), member=member_id, name=name)

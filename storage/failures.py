"""What an error of the database means: ONE table maps SQLSTATE codes and errors of the driver to what is done about them.

Codes: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes".
"""

import asyncio
import random
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

import asyncpg

from core.errors import Unavailable

# The longest pause in seconds before each repetition of a unit of work that changed nothing: it is repeated three times.
RETRY_PAUSES = (0.02, 0.05, 0.1)


class Failure(Enum):
    """What a failure of the database means. In all cases the client gets 503 with Retry-After; what is not in the table is
    a mistake of ours and gets 500."""

    # The connection is gone, or nobody knows what it is doing: it is closed at once, without a rollback.
    LOST = "lost"
    # The database cannot do it now, or not on this connection: it is closed, because the next may reach another server.
    BUSY = "busy"
    # Nothing was changed, and the same unit of work can succeed at once: `Database.run` repeats it.
    RETRY = "retry"


# By code, or by the first two characters: the class of the code.
SQLSTATES: Mapping[str, Failure] = MappingProxyType(
    {
        "08": Failure.LOST,  # connection exceptions
        "25P03": Failure.LOST,  # idle in transaction for too long
        "25P04": Failure.LOST,  # transaction timeout
        "28": Failure.LOST,  # the password was changed while the service runs
        "3D": Failure.LOST,  # the database does not exist (any more)
        "40003": Failure.LOST,  # statement completion unknown
        "57P01": Failure.LOST,  # admin shutdown
        "57P02": Failure.LOST,  # crash shutdown
        "57P03": Failure.LOST,  # cannot connect now
        "57P04": Failure.LOST,  # database dropped
        "57P05": Failure.LOST,  # idle session timeout
        "58": Failure.LOST,  # system errors: input and output
        "F0": Failure.LOST,  # configuration file errors
        "XX": Failure.LOST,  # internal errors, damaged data
        "25006": Failure.BUSY,  # read-only: the database has failed over
        "53": Failure.BUSY,  # disk full, out of memory, too many connections
        "55006": Failure.BUSY,  # object in use
        "55P03": Failure.BUSY,  # lock timeout
        "57": Failure.BUSY,  # canceled: a statement took too long
        "40": Failure.RETRY,  # rolled back: serialization failure, deadlock
        "26000": Failure.RETRY,  # the prepared statement is gone: a pooler has changed the server
        "42P05": Failure.RETRY,  # the prepared statement exists already: the same
    }
)
# Errors of the driver without a code of their own. A schema that changed is read again; what else goes wrong inside the
# driver leaves a connection that says it is open but accepts no statement. After a timeout the query may still be running.
_DRIVER_ERRORS: tuple[tuple[type[Exception], Failure], ...] = (
    (asyncpg.InvalidCachedStatementError, Failure.RETRY),
    (asyncpg.OutdatedSchemaCacheError, Failure.RETRY),
    (asyncpg.InternalClientError, Failure.LOST),
    (TimeoutError, Failure.LOST),
)
_BUSY_CONNECTION = "another operation is in progress"
# What the driver raises. Errors of files have these types too: code that holds a connection calls `classify`.
DATABASE_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    TimeoutError,
    OSError,
)


def classify(error: BaseException, connection: Any = None) -> Failure | None:
    """Return what an error means that was raised while this connection was in use or, without one, while connecting;
    None for errors that the database is not to blame for."""
    for kind, failure in _DRIVER_ERRORS:
        if isinstance(error, kind):
            return failure
    if isinstance(error, asyncpg.PostgresError):
        code = error.sqlstate or ""
        return SQLSTATES.get(code) or SQLSTATES.get(code[:2])
    if isinstance(error, asyncpg.InterfaceError | OSError):
        is_lost = connection is None or connection.is_closed() or _BUSY_CONNECTION in str(error)
        return Failure.LOST if is_lost else None
    return None


def is_unavailable(error: BaseException) -> bool:
    """Return whether the database is away, slow or busy, and not a mistake of ours, inside a block of a connection too."""
    return isinstance(error, Unavailable) or classify(error) is not None


async def pause_before_retry(longest: float) -> None:
    """Wait for at most so many seconds, at random, so that two that collided do not collide again."""
    await asyncio.sleep(random.uniform(longest / 2, longest))


def can_retry(error: BaseException) -> bool:
    """Return whether the unit of work that raised this has changed nothing and may succeed if it is repeated at once."""
    cause = error.__cause__ if isinstance(error, Unavailable) else error
    return cause is not None and classify(cause) is Failure.RETRY

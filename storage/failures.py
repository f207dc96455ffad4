"""What the driver raises when the database is away: the one place that says which errors are a lost connection."""

from typing import Any

import asyncpg

from core.errors import Unavailable

# After these the connection is of no use, whatever it says of itself. The driver's internal errors are among them: the
# farewell of a server that shuts down leaves a connection which is still open and takes no statement any more. So is an
# answer that did not come in time: the query may still be running.
_ALWAYS_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    TimeoutError,
)
# Wrong use of the driver and file errors have the same types: code that holds the connection asks `is_connection_lost`.
LOST_CONNECTION_ERRORS = (*_ALWAYS_LOST, asyncpg.InterfaceError, OSError)
BUSY_ERRORS = (
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.QueryCanceledError,
)
# The database is away, or slow: to be tried again later. Anything else is a fault of ours.
UNAVAILABLE_ERRORS = (Unavailable, *LOST_CONNECTION_ERRORS, *BUSY_ERRORS)


def is_connection_lost(error: BaseException, connection: Any) -> bool:
    """Whether an error that was raised while this connection was in use means that it was lost."""
    return isinstance(error, _ALWAYS_LOST) or (
        isinstance(error, LOST_CONNECTION_ERRORS) and connection.is_closed()
    )

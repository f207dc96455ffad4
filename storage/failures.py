"""Which errors of asyncpg mean that the database connection is lost, or that the database is busy."""

from typing import Any

import asyncpg

from core.errors import Unavailable

# After these errors the connection cannot be used, even if it says that it is open. Internal errors of the driver belong
# here: a server that shuts down leaves a connection that is open but accepts no statement. Timeouts too: the query may
# still be running.
_ALWAYS_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    TimeoutError,
)
# Wrong use of the driver and errors of files have these types too: code that holds a connection calls
# `is_connection_lost`.
LOST_CONNECTION_ERRORS = (*_ALWAYS_LOST, asyncpg.InterfaceError, OSError)
BUSY_ERRORS = (
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.QueryCanceledError,
)
# The database is away or slow and the work can be tried again later; every other error is a bug of ours.
UNAVAILABLE_ERRORS = (Unavailable, *LOST_CONNECTION_ERRORS, *BUSY_ERRORS)


def is_connection_lost(error: BaseException, connection: Any) -> bool:
    """Return whether an error that was raised while this connection was in use means that the connection is lost."""
    return isinstance(error, _ALWAYS_LOST) or (
        isinstance(error, LOST_CONNECTION_ERRORS) and connection.is_closed()
    )

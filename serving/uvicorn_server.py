"""uvicorn's server without its own signal handling, so that the service can drain its sockets before it stops."""

from contextlib import AbstractContextManager, nullcontext

import uvicorn


class Server(uvicorn.Server):
    """A server that leaves the signals of the process to the caller."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Capture no signals."""
        return nullcontext()

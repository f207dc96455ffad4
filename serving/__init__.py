"""Every hook into private parts of uvicorn and Litestar, so that an upgrade can break one folder only."""

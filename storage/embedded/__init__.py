"""The embedded PostgreSQL server, which the service starts itself when no DATABASE_URL is set.

- cluster: a running server with its data, as PostgreSQL calls it
- installation: the account that runs the server, the folder of its data, and its binaries
- postmaster: the main process of the server, described in postmaster.pid
- owner: the role that owns and migrates the database; the role of the service can only change rows
"""

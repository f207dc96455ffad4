"""The database: connections, transactions, the log of events, migrations and the embedded server. Knows no capability.

- statement: SQL with named parameters, compiled once and run by asyncpg
- reader: a connection that only reads; transaction: a reader that also writes
- event log: one numbered stream per channel, appended in the transaction that makes the change
- position: the number that a channel has reached; head: its current position
- follow-up job: an entry of `follow_ups`, for which the worker runs the handlers of an event
- audit log: rows about acts of moderation and administration, chained by hashes so that none can be changed
- idempotency key: makes a retried request return the stored response of the first one
- embedded server: a PostgreSQL that the service starts itself from a Python package
"""

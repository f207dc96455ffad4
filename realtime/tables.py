"""The table of tickets for the live socket."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, LargeBinary, Table

from storage.tables import metadata

# Tickets open one socket within half a minute; they are deleted with their session.
live_tickets = Table(
    "live_tickets",
    metadata,
    Column("ticket_hash", LargeBinary, primary_key=True),
    Column("session_id", BigInteger, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Index("live_tickets_session", "session_id"),
    Index("live_tickets_ends", "ends_at"),
)

"""Tickets, with which clients that can send neither a header nor a cookie open the live socket."""

from storage.migrations.plain import run

revision = "0002"
down_revision = "0001"

TICKETS = """
CREATE TABLE live_tickets (
    ticket_hash bytea PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES sessions ON DELETE CASCADE,
    ends_at timestamptz NOT NULL
);
CREATE INDEX live_tickets_session ON live_tickets (session_id);
CREATE INDEX live_tickets_ends ON live_tickets (ends_at);
"""


def upgrade() -> None:
    run(TICKETS)

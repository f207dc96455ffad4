"""Tickets: for clients that can neither send a header nor have a cookie when they open the live socket."""

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

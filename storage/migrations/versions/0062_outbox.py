"""The outbox: e-mails that wait to be sent, addresses that refuse e-mails, and tokens of links that were sent again."""

from storage.migrations.plain import run

revision = "0062"
down_revision = "0060"

OUTBOX = """
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event text NOT NULL,
    kind text NOT NULL,
    recipient text NOT NULL,
    member_id bigint REFERENCES members ON DELETE CASCADE,
    facts jsonb NOT NULL,
    message_id text NOT NULL,
    priority smallint NOT NULL,
    queued_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    error text,
    leased_until timestamptz,
    done_at timestamptz,
    outcome text CHECK (outcome IN ('sent', 'not_needed', 'suppressed', 'failed', 'given_up', 'discarded')),
    CONSTRAINT outbox_is_done_or_waits CHECK ((done_at IS NULL) = (outcome IS NULL)),
    CONSTRAINT outbox_sends_once UNIQUE (event, kind, recipient)
);
CREATE INDEX outbox_waiting ON outbox (priority, due_at, id) WHERE done_at IS NULL;
CREATE INDEX outbox_leased ON outbox (recipient) WHERE leased_until IS NOT NULL;
CREATE INDEX outbox_done ON outbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX outbox_failed ON outbox (outcome) WHERE outcome IN ('failed', 'given_up');
CREATE INDEX outbox_of_member ON outbox (member_id) WHERE member_id IS NOT NULL;
"""
MEMBERS = """
ALTER TABLE members ADD COLUMN failing_address text, ADD COLUMN failing_since timestamptz,
    ADD CONSTRAINT members_failing_since CHECK ((failing_address IS NULL) = (failing_since IS NULL));
"""
LINKS = """
ALTER TABLE mailed_links ADD COLUMN earlier_hashes bytea[] NOT NULL DEFAULT '{}';
CREATE INDEX mailed_links_earlier_hashes ON mailed_links USING gin (earlier_hashes);
"""


def upgrade() -> None:
    """Create the outbox, and the columns beside it."""
    run(OUTBOX)
    run(MEMBERS)
    run(LINKS)

"""Why a member is notified, stored as facts; and when and how notifications are e-mailed."""

from storage.migrations.plain import run

revision = "0024"
down_revision = "0023"

TELLING = """
-- The reason as facts, for notifications to many members; it becomes text when it is shown. Others have text in `reason`.
ALTER TABLE notifications ADD COLUMN because jsonb,
    -- When it is e-mailed, unless it is read before; NULL: never, or already sent.
    ADD COLUMN mail_due_at timestamptz,
    ADD COLUMN mailed_at timestamptz;
CREATE INDEX notifications_mail_due ON notifications (mail_due_at) WHERE mail_due_at IS NOT NULL;
CREATE INDEX notifications_mailed ON notifications (member_id, mailed_at) WHERE mailed_at IS NOT NULL;

-- E-mail preferences: for notifications to the member personally, and for those about followed topics.
CREATE TABLE mail_wishes (
    member_id bigint PRIMARY KEY REFERENCES members ON DELETE CASCADE,
    direct text NOT NULL DEFAULT 'at_once' CHECK (direct IN ('at_once', 'daily', 'weekly', 'never')),
    followed text NOT NULL DEFAULT 'daily' CHECK (followed IN ('at_once', 'daily', 'weekly', 'never')),
    time_zone text NOT NULL DEFAULT 'UTC',
    -- The key that signs unsubscribe links.
    key bytea NOT NULL DEFAULT sha256(gen_random_uuid()::text::bytea || gen_random_uuid()::text::bytea)
);
-- When a notification is e-mailed: ten minutes later, or at seven in the morning in the member's time zone, on the next
-- day or the next Monday.
CREATE FUNCTION mail_due(every text, zone text, told timestamptz) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE every
        WHEN 'at_once' THEN told + interval '10 minutes'
        WHEN 'daily' THEN (date_trunc('day', (told AT TIME ZONE zone) - interval '7 hours') + interval '1 day 7 hours')
            AT TIME ZONE zone
        WHEN 'weekly' THEN (date_trunc('week', (told AT TIME ZONE zone) - interval '7 hours') + interval '7 days 7 hours')
            AT TIME ZONE zone
    END
$$;
-- A different preference for one topic, sector or tag.
ALTER TABLE following ADD COLUMN mail text CHECK (mail IN ('at_once', 'daily', 'weekly', 'never'));
"""


def upgrade() -> None:
    run(TELLING)

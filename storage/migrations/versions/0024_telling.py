"""Why somebody is told is kept as facts; what is told is mailed when its time has come, and how each likes it."""

from storage.migrations.plain import run

revision = "0024"
down_revision = "0023"

TELLING = """
-- Why, as facts, of what is told to many; put into words when it is shown. Others give their words in `reason`.
ALTER TABLE notifications ADD COLUMN because jsonb,
    -- When it is mailed, unless it was read until then; none: never, or done.
    ADD COLUMN mail_due_at timestamptz,
    ADD COLUMN mailed_at timestamptz;
CREATE INDEX notifications_mail_due ON notifications (mail_due_at) WHERE mail_due_at IS NOT NULL;
CREATE INDEX notifications_mailed ON notifications (member_id, mailed_at) WHERE mailed_at IS NOT NULL;

-- How a member likes to be mailed: of what is meant for the member alone, and of what comes with following.
CREATE TABLE mail_wishes (
    member_id bigint PRIMARY KEY REFERENCES members ON DELETE CASCADE,
    direct text NOT NULL DEFAULT 'at_once' CHECK (direct IN ('at_once', 'daily', 'weekly', 'never')),
    followed text NOT NULL DEFAULT 'daily' CHECK (followed IN ('at_once', 'daily', 'weekly', 'never')),
    time_zone text NOT NULL DEFAULT 'UTC',
    -- What signs the links that stop a kind of mail.
    key bytea NOT NULL DEFAULT sha256(gen_random_uuid()::text::bytea || gen_random_uuid()::text::bytea)
);
-- When something told at a time is mailed to whom likes it so: ten minutes later, unless it is read meanwhile; or at
-- seven in the morning where the member is, on the next day or the next Monday.
CREATE FUNCTION mail_due(every text, zone text, told timestamptz) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE every
        WHEN 'at_once' THEN told + interval '10 minutes'
        WHEN 'daily' THEN (date_trunc('day', (told AT TIME ZONE zone) - interval '7 hours') + interval '1 day 7 hours')
            AT TIME ZONE zone
        WHEN 'weekly' THEN (date_trunc('week', (told AT TIME ZONE zone) - interval '7 hours') + interval '7 days 7 hours')
            AT TIME ZONE zone
    END
$$;
-- For one topic, sector or tag it can be wished otherwise.
ALTER TABLE following ADD COLUMN mail text CHECK (mail IN ('at_once', 'daily', 'weekly', 'never'));
"""


def upgrade() -> None:
    run(TELLING)

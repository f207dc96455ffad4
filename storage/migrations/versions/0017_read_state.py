"""The read state of members."""

from storage.migrations.plain import run

revision = "0017"
down_revision = "0016"

READING = """
-- The numbers of the posts of a topic that a member has read: a set that only grows, so that the order and the number of
-- reports from different devices do not matter.
CREATE TABLE readings (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    topic_id bigint NOT NULL REFERENCES topics ON DELETE CASCADE,
    read int4multirange NOT NULL DEFAULT '{}',
    seconds integer NOT NULL DEFAULT 0,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, topic_id)
) WITH (fillfactor = 80);
CREATE INDEX readings_topic ON readings (topic_id);

-- The first number that is not known to be read, from which unread posts are searched.
CREATE FUNCTION first_gap(read int4multirange) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN lower(read) <= 1 THEN (SELECT upper(first) FROM unnest(read) AS first LIMIT 1) ELSE 1 END
$$;
"""


def upgrade() -> None:
    run(READING)

"""The number of questions of a room in each state, stored with the room."""

from storage.migrations.plain import run

revision = "0005"
down_revision = "0004"

COUNTS = """
CREATE TABLE question_counts (
    room_id bigint PRIMARY KEY REFERENCES rooms ON DELETE CASCADE,
    live integer NOT NULL DEFAULT 0,
    answered integer NOT NULL DEFAULT 0,
    dismissed integer NOT NULL DEFAULT 0
);
INSERT INTO question_counts (room_id, live, answered, dismissed)
SELECT room_id, count(*) FILTER (WHERE state = 'live'), count(*) FILTER (WHERE state = 'answered'),
    count(*) FILTER (WHERE state = 'dismissed')
FROM questions GROUP BY room_id;
CREATE INDEX posts_unpublished ON posts (topic_id) WHERE state <> 'published';
"""


def upgrade() -> None:
    """Apply."""
    run(COUNTS)

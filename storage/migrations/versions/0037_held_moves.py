"""The held posts that were moved when a topic was merged, so that they return when the merge is undone."""

from storage.migrations.plain import run

revision = "0037"
down_revision = "0036"

HELD = """
CREATE TABLE held_moves (
    move_id bigint REFERENCES moves,
    post_id bigint REFERENCES posts ON DELETE CASCADE,
    PRIMARY KEY (move_id, post_id)
);
CREATE INDEX held_moves_post ON held_moves (post_id);
"""


def upgrade() -> None:
    run(HELD)

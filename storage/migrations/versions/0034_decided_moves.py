"""Decisions that move posts or topics, and authors' requests to remove their posts."""

from storage.migrations.plain import run

revision = "0034"
down_revision = "0033"

MOVES = """
ALTER TABLE decisions DROP CONSTRAINT decisions_action_check, ADD CONSTRAINT decisions_action_check
    CHECK (action IN ('hide', 'no_action', 'lock', 'warn', 'silence', 'suspend', 'remove', 'approve', 'approve_edited',
        'withdraw', 'move', 'split', 'merge', 'duplicate'));

-- What a decision moved, so that the move can be reversed: posts, or a topic from another sector.
CREATE TABLE decision_moves (
    decision_id bigint PRIMARY KEY REFERENCES decisions,
    move_id bigint REFERENCES moves,
    from_sector bigint REFERENCES sectors,
    CHECK (num_nonnulls(move_id, from_sector) = 1)
);
CREATE INDEX decision_moves_move ON decision_moves (move_id);
CREATE INDEX decision_moves_sector ON decision_moves (from_sector);
"""


def upgrade() -> None:
    run(MOVES)

"""Running the plain SQL of a migration, which has many statements."""

from alembic import op
from sqlalchemy import text
from sqlalchemy.util import await_only


def run(sql: str) -> None:
    """Run a script of SQL statements in the migration's transaction."""
    connection = op.get_bind()
    # asyncpg's own call accepts many statements but does not begin SQLAlchemy's transaction; this statement does.
    connection.execute(text("SELECT 1"))
    await_only(connection.connection.driver_connection.execute(sql))  # type: ignore[union-attr]


def create_index_concurrently(name: str, rest: str) -> None:
    """Create an index on a large table while others write to it. It is the only statement of its migration, because it
    cannot be part of a transaction; one that a failed attempt left behind is made anew."""
    with op.get_context().autocommit_block():
        # It waits until all transactions have ended that could still use the table, such as that of a backup.
        op.execute("SET lock_timeout = 0")
        op.execute("SET statement_timeout = 0")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute(f"CREATE INDEX CONCURRENTLY {name} {rest}")
        op.execute("RESET statement_timeout")
        op.execute("SET lock_timeout = '4s'")

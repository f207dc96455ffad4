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

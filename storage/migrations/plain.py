"""How a migration runs plain SQL of many statements."""

from alembic import op
from sqlalchemy import text
from sqlalchemy.util import await_only


def run(sql: str) -> None:
    """Run a script of SQL statements in the migration's transaction."""
    connection = op.get_bind()
    # The driver's own call takes many statements, but does not open the transaction: this does.
    connection.execute(text("SELECT 1"))
    await_only(connection.connection.driver_connection.execute(sql))  # type: ignore[union-attr]

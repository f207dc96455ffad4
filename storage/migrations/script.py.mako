"""${message}"""

from storage.migrations.plain import run

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    run("""
    """)

"""Whoever reports from outside is written to in the language that the browser asked for."""

from storage.migrations.plain import run

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    run("ALTER TABLE reports ADD COLUMN letters_in text")

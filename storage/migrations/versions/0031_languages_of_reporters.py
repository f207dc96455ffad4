"""The language of e-mails to reporters without an account, from the Accept-Language of their browser."""

from storage.migrations.plain import run

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    run("ALTER TABLE reports ADD COLUMN letters_in text")

"""What a backup says about itself, and why one cannot be made or restored."""

from datetime import datetime

from msgspec import Struct

FORMAT = "tertulia-backup-1"
MANIFEST, CHECKS, TABLES = "manifest.json", "checks.json", "tables/"


class BackupFailed(Exception):
    """A backup cannot be made or restored; the message says why and what to do."""


class Manifest(Struct, frozen=True, kw_only=True):
    """The first file of a backup: what is needed before any row is loaded."""

    format: str
    made_at: datetime
    version: str
    revision: str
    epoch: str
    tables: dict[str, list[str]]
    """The stored columns of each table; generated ones are computed again."""


class TableCheck(Struct, frozen=True):
    """The number of rows of a table, and the SHA-256 of all bytes of its parts."""

    rows: int
    sha256: str


class Checks(Struct, frozen=True, kw_only=True):
    """The last file of a backup: by it a restore knows that nothing is missing and nothing was changed."""

    tables: dict[str, TableCheck]
    sequences: dict[str, int | None]
    """The last value that each sequence has given; None if it has given none."""
    audit: str
    """The number and hash of the last row of the audit log, as `tertulia audit verify --noted` takes them."""

"""How a capability declares the personal data in its tables: what each member can download, and what an erasure does.

The export (GDPR articles 15 and 20) and the erasure (article 17) both follow these declarations.
"""

from collections.abc import Mapping

from msgspec import Struct

from core.languages.texts import translatable
from storage.statements import Statement

GONE = translatable("Deleted.")


class PersonalDataFile(Struct, frozen=True):
    """One file of the export: its description for the member, the query for the rows about `:member`, and a sentence that
    says what becomes of them when the account is deleted. Both sentences are marked as translatable.

    The rows must not contain data about other members. Keys, passwords, and who decided, reported or moderated are
    left out. A query may also use `:settled`: decisions made before that time can no longer be undone without a
    trace.
    """

    description: str
    query: Statement
    erased: str = GONE


class TableData(Struct, frozen=True, kw_only=True):
    """What a table holds about people, column by column, and what an erasure does with it.

    Every column is named in one field, as words in a text or as a key; only `mentions` repeats columns of other fields.

    - `member`: the column with the id of the member whom a row is about.
    - `deleted`: the other columns of such a row, if the row is deleted with the member.
    - `follows`: columns of rows that the database deletes together with rows of another table.
    - `unnamed`: columns with ids of members that become NULL; the rows stay.
    - `handled`: columns for which a function of the capability does it, with what it does.
    - `kept`: personal data that stays, with the reason (GDPR article 17(3)).
    - `nobody`: columns that say nothing about a person.
    - `mentions`: texts of others in which `@handle`, links to the profile and quotations may name the member. The name is
      taken out; `mentions_by` is a number by which a large table is gone through piece by piece.
    - `not_exported`: why a table that refers to members is not in the export.
    """

    member: str = ""
    deleted: str = ""
    follows: str = ""
    unnamed: str = ""
    handled: Mapping[str, str] = {}
    kept: Mapping[str, str] = {}
    nobody: str = ""
    mentions: str = ""
    mentions_by: str = ""
    not_exported: str = ""


class PersonalData(Struct, frozen=True):
    """The personal data of one capability: the files of its export by name, and all its tables by name."""

    files: Mapping[str, PersonalDataFile]
    tables: Mapping[str, TableData]


class Erasure(Struct, frozen=True, kw_only=True):
    """One erasure as it is carried out: the member, what they were called, who takes their place as an author, which kinds
    of texts are deleted, and what open cases still need. `email` is the address if it is verified, `address` in any case."""

    member: int
    handle: str
    name: str
    email: str | None
    address: str | None
    former: int
    deletes: frozenset[str]
    held_cases: list[int]
    held_posts: list[int]
    held_topics: list[int]
    held_files: list[int]

    @property
    def is_held(self) -> bool:
        """Return whether anything has to stay until a case has ended."""
        return bool(self.held_cases)


_IDS_ONLY = "ids and times, no names and no texts: once the account is gone, the id refers to nobody"

PERSONAL_DATA = PersonalData(
    files={},
    tables={
        "epochs": TableData(nobody="epoch started_at"),
        "channels": TableData(nobody="name seq"),
        "log": TableData(kept={"channel seq at event": _IDS_ONLY}),
        "follow_ups": TableData(
            handled={"error": "replaced, if it names the member"},
            nobody="id channel seq due_at attempts dead_at",
        ),
        "quarantine": TableData(
            handled={"error": "replaced, if it names the member"},
            kept={"item": _IDS_ONLY},
            nobody="job attempts failed_at due_at",
        ),
        "answers": TableData(
            handled={
                "scope key fingerprint status body kept_at": "responses to the member, and those that name the member, are "
                "deleted; all others after a day"
            },
        ),
        "audit": TableData(
            kept={
                "number at kind by_id sector_id gathering_id about previous hash": "what was done in a role must be beyond "
                f"doubt (article 17(3)(b) and (e)); {_IDS_ONLY}",
            },
        ),
        "audit_head": TableData(nobody="number hash"),
        "switches": TableData(nobody="name note set_at"),
        "backup_runs": TableData(nobody="id made_at row_count is_encrypted"),
    },
)

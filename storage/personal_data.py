"""How a capability declares the personal data in its tables, for the export that each member can download."""

from collections.abc import Mapping

from msgspec import Struct

from storage.statements import Statement


class PersonalDataFile(Struct, frozen=True):
    """One file of the export: its description for the member, and the query for the rows about `:member`.

    The rows must not contain data about other members. Keys, passwords, and who decided, reported or moderated are
    left out. A query may also use `:settled`: decisions made before that time can no longer be undone without a
    trace.
    """

    description: str
    query: Statement


class PersonalData(Struct, frozen=True):
    """The personal data of one capability: its files by name, and the tables that name members but are not exported, each
    with the reason. A test requires that every table which refers to a member is in one of the two."""

    files: Mapping[str, PersonalDataFile]
    left_out: Mapping[str, str]

"""The personal data in the tables of boards, for the export that each member can download."""

from storage.personal_data import PersonalData, PersonalDataFile
from storage.statements import statement

_COMMUNITY_RECORD = "done in a role, for the community, and kept as its record"

PERSONAL_DATA = PersonalData(
    files={
        "entries": PersonalDataFile(
            "entries of boards that you began or contributed to",
            statement("""
                SELECT e.id, e.board_id AS board, e.number, e.title, e.fields, e.added_at, e.author_id = :member AS
                    begun_by_you, c.since AS contributing_since
                FROM entries e
                LEFT JOIN entry_contributors c ON c.entry_id = e.id AND c.member_id = :member
                WHERE e.author_id = :member OR c.member_id IS NOT NULL
                ORDER BY e.id
            """),
        ),
        "entry-versions": PersonalDataFile(
            "versions of entries that you wrote",
            statement("""
                SELECT entry_id AS entry, version, title, fields, written_at
                FROM entry_versions
                WHERE written_by = :member
                ORDER BY entry_id, version
            """),
        ),
        "confirmations": PersonalDataFile(
            "entries that you confirmed",
            statement("""
                SELECT entry_id AS entry, kind, organisation, set_at
                FROM entry_confirmations
                WHERE member_id = :member
                ORDER BY entry_id, kind
            """),
        ),
        "gaps": PersonalDataFile(
            "gaps of boards that you claimed",
            statement("""
                SELECT board_id AS board, cell, claimed_at, ends_at
                FROM gap_claims
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "views": PersonalDataFile(
            "your saved views of boards",
            statement("""
                SELECT board_id AS board, title, query, is_shared, saved_at
                FROM saved_views
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "board-work": PersonalDataFile(
            "boards that you curate",
            statement("""
                SELECT board_id AS board
                FROM board_curators
                WHERE member_id = :member
                ORDER BY board_id
            """),
        ),
        "imports": PersonalDataFile(
            "tables that you imported into boards",
            statement("""
                SELECT board_id AS board, file_name, uploaded_at
                FROM board_imports
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
    },
    left_out={
        "boards": _COMMUNITY_RECORD,
        "change_requests": _COMMUNITY_RECORD,
        "editions": _COMMUNITY_RECORD,
    },
)

"""The personal data in the tables of boards, for the export and the erasure."""

from core.languages.texts import translatable
from storage.personal_data import PersonalData, PersonalDataFile, TableData
from storage.statements import statement

_COMMUNITY_RECORD = "done in a role, for the community, and kept as its record"

PERSONAL_DATA = PersonalData(
    files={
        "entries": PersonalDataFile(
            translatable("entries of stock-takes that you began or contributed to"),
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
            translatable("versions of entries that you wrote"),
            statement("""
                SELECT entry_id AS entry, version, title, fields, written_at
                FROM entry_versions
                WHERE written_by = :member
                ORDER BY entry_id, version
            """),
        ),
        "confirmations": PersonalDataFile(
            translatable("entries that you confirmed"),
            statement("""
                SELECT entry_id AS entry, kind, organisation, set_at
                FROM entry_confirmations
                WHERE member_id = :member
                ORDER BY entry_id, kind
            """),
        ),
        "gaps": PersonalDataFile(
            translatable("gaps of stock-takes that you claimed"),
            statement("""
                SELECT board_id AS board, cell, claimed_at, ends_at
                FROM gap_claims
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "views": PersonalDataFile(
            translatable("your saved views of stock-takes"),
            statement("""
                SELECT board_id AS board, title, query, is_shared, saved_at
                FROM saved_views
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "board-work": PersonalDataFile(
            translatable("stock-takes that you curate"),
            statement("""
                SELECT board_id AS board
                FROM board_curators
                WHERE member_id = :member
                ORDER BY board_id
            """),
        ),
        "imports": PersonalDataFile(
            translatable("tables that you imported into stock-takes"),
            statement("""
                SELECT board_id AS board, file_name, uploaded_at
                FROM board_imports
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
    },
    tables={
        "taxonomies": TableData(nobody="slug name terms"),
        "boards": TableData(
            unnamed="begun_by",
            nobody="""
                id sector_id topic_id title purpose translations template form key_field verify_days opens_at
                consolidates_at publishes_at last_number last_edition begun_at version
            """,
            mentions="purpose translations",
            not_exported=_COMMUNITY_RECORD,
        ),
        "board_curators": TableData(member="member_id", deleted="board_id"),
        "entries": TableData(
            unnamed="changed_by disposed_by verified_by",
            handled={
                "author_id": "becomes the former member",
                "title fields words": "emptied, if entries are deleted and nobody else worked on this one",
                "confirmations": "counted again",
            },
            nobody="""
                id board_id number topic_id post_id added_at changed_at merged_into is_listed source_post_id disposition
                disposition_reason disposed_at verified_at outdated_at outdated_reason reminded_at version
            """,
            mentions="title fields words disposition_reason outdated_reason",
        ),
        "entry_versions": TableData(
            unnamed="written_by",
            handled={"title fields": "deleted with the texts of the entry"},
            nobody="entry_id version written_at",
            mentions="title fields",
        ),
        "entry_confirmations": TableData(
            member="member_id", deleted="entry_id kind organisation post_id set_at via"
        ),
        "entry_contributors": TableData(member="member_id", deleted="entry_id since via"),
        "entry_references": TableData(
            handled={"kind object_id": "references to the member are deleted"}, nobody="entry_id field"
        ),
        "entry_terms": TableData(
            handled={"term": "deleted with the texts of the entry"}, nobody="entry_id field board_id"
        ),
        "evidence": TableData(
            handled={"url reached": "deleted with the texts of the entry"},
            nobody="id entry_id state status checked_at due_at failures",
        ),
        "change_requests": TableData(
            unnamed="requested_by",
            nobody="id entry_id post_id requested_at state settled_at",
            not_exported=_COMMUNITY_RECORD,
        ),
        "gap_claims": TableData(member="member_id", deleted="id board_id cell claimed_at ends_at ended_at"),
        "saved_views": TableData(
            member="member_id", deleted="id board_id title query is_shared saved_at", mentions="title"
        ),
        "board_imports": TableData(
            member="member_id",
            deleted="id board_id file_name uploaded_at rows preview applied_at content options",
        ),
        "import_mappings": TableData(nobody="board_id columns"),
        "editions": TableData(
            unnamed="published_by",
            handled={"content": "the name is taken out, and the text of entries that are deleted"},
            nobody="board_id number title note published_at entries sha256",
            not_exported=_COMMUNITY_RECORD,
        ),
    },
)

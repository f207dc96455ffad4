"""The personal data in the tables of moderation, for the export and the erasure."""

from core.languages.texts import translatable
from storage.personal_data import PersonalData, PersonalDataFile, TableData
from storage.statements import statement

_UNTIL_THE_END = translatable("Deleted, once no case or appeal needs them any more.")
_DECIDED = "why moderators acted, for appeals and legal claims (article 17(3)(e)); without the name of whom it concerned"
_COMMUNITY_RECORD = "done in a role, for the community, and kept as its record"

PERSONAL_DATA = PersonalData(
    files={
        "sanctions": PersonalDataFile(
            translatable("sanctions against you, and until when they apply"),
            statement("""
                SELECT decision_id AS decision, action, begun_at, until, ended_at
                FROM sanctions s
                WHERE member_id = :member AND begun_at <= :settled
                ORDER BY decision_id
            """),
        ),
        "decisions": PersonalDataFile(
            translatable("moderators' decisions about what you wrote under your name, with their reasons"),
            statement("""
                SELECT d.id, d.action, d.rule, d.facts, d.automated, d.decided_at, d.reversed_at, d.reversal_facts,
                    p.id AS post
                FROM decisions d
                JOIN cases c ON c.id = d.case_id
                JOIN posts p ON c.object_kind = 'post' AND p.id = c.object_id
                WHERE p.author_id = :member AND d.undone_at IS NULL AND d.decided_at <= :settled
                ORDER BY d.id
            """),
            translatable("Kept without your name, for appeals and legal claims."),
        ),
        "appeals": PersonalDataFile(
            translatable("your appeals and the replies to them"),
            statement("""
                SELECT decision_id AS decision, body, appealed_at, outcome, answer, answered_at
                FROM appeals
                WHERE member_id = :member
                ORDER BY id
            """),
            _UNTIL_THE_END,
        ),
        "flags": PersonalDataFile(
            translatable("what you flagged"),
            statement("""
                SELECT object_kind AS kind, object_id AS id, reason, note, flagged_at
                FROM flags
                WHERE member_id = :member
                ORDER BY id
            """),
            _UNTIL_THE_END,
        ),
        "reports": PersonalDataFile(
            translatable("what you reported"),
            statement("""
                SELECT reference, address, reason, why, name, email, received_at
                FROM reports
                WHERE member_id = :member
                ORDER BY id
            """),
            _UNTIL_THE_END,
        ),
    },
    tables={
        "cases": TableData(
            nobody="id object_kind object_id sector_id state version opened_at escalated_at language"
        ),
        "flags": TableData(
            handled={"member_id reason note": "deleted, once the case has ended"},
            nobody="id case_id object_kind object_id flagged_at report_id told_at",
            mentions="note",
        ),
        "reports": TableData(
            handled={
                "member_id name email letters_in": "emptied, once the case has ended",
                "why": "replaced, once the case has ended",
            },
            nobody="id reference case_id object_kind object_id address reason received_at told_at forgotten_at",
            mentions="address why",
        ),
        "decisions": TableData(
            unnamed="decided_by reversed_by",
            kept={"rule facts reversal_facts": _DECIDED},
            nobody="""
                id case_id action decided_at reversed_at undone_at automated author_told_at together
            """,
            mentions="rule facts reversal_facts",
        ),
        "decision_moves": TableData(nobody="decision_id move_id from_sector"),
        "appeals": TableData(
            handled={"member_id": "emptied once it is answered", "body": "replaced once it is answered"},
            unnamed="answered_by",
            kept={"answer": _DECIDED},
            nobody="id decision_id report_id appealed_at outcome answered_at",
            mentions="body answer",
        ),
        "sanctions": TableData(
            member="member_id", deleted="decision_id action sector_id topic_id begun_at until ended_at"
        ),
        "case_claims": TableData(member="member_id", deleted="case_id until", not_exported=_COMMUNITY_RECORD),
        "case_notes": TableData(
            unnamed="member_id",
            nobody="id case_id body written_at",
            mentions="body",
            not_exported=_COMMUNITY_RECORD,
        ),
        "moderator_names": TableData(
            member="member_id", deleted="month name", not_exported=_COMMUNITY_RECORD
        ),
        "reason_templates": TableData(
            unnamed="changed_by",
            nobody="key version texts is_offered changed_at",
            not_exported=_COMMUNITY_RECORD,
        ),
        "reporter_looks": TableData(
            unnamed="member_id",
            nobody="id case_id reason looked_at",
            mentions="reason",
            not_exported=_COMMUNITY_RECORD,
        ),
        "rules": TableData(
            unnamed="changed_by",
            nobody="id name sector_id room_id test action trust told is_on version changed_at",
            not_exported=_COMMUNITY_RECORD,
        ),
        "rule_matches": TableData(
            # Matches of a profile; those of posts have no member.
            member="member_id",
            handled={"why passages": "deleted with the row, once the case has ended"},
            nobody="id rule_id post_id action matched_at outcome",
            mentions="passages",
            not_exported="words of the profile that a filter found; the profile itself is exported",
        ),
        "sketches": TableData(nobody="id sector_id at attempt sketch"),
    },
)

"""The personal data in the tables of moderation, for the export that each member can download."""

from storage.personal_data import PersonalData, PersonalDataFile
from storage.statements import statement

_COMMUNITY_RECORD = "done in a role, for the community, and kept as its record"

PERSONAL_DATA = PersonalData(
    files={
        "sanctions": PersonalDataFile(
            "sanctions against you, and until when they apply",
            statement("""
                SELECT decision_id AS decision, action, begun_at, until, ended_at
                FROM sanctions s
                WHERE member_id = :member AND begun_at <= :settled
                ORDER BY decision_id
            """),
        ),
        "decisions": PersonalDataFile(
            "moderators' decisions about what you wrote under your name, with their reasons",
            statement("""
                SELECT d.id, d.action, d.rule, d.facts, d.automated, d.decided_at, d.reversed_at, d.reversal_facts,
                    p.id AS post
                FROM decisions d
                JOIN cases c ON c.id = d.case_id
                JOIN posts p ON c.object_kind = 'post' AND p.id = c.object_id
                WHERE p.author_id = :member AND d.undone_at IS NULL AND d.decided_at <= :settled
                ORDER BY d.id
            """),
        ),
        "appeals": PersonalDataFile(
            "your appeals and the replies to them",
            statement("""
                SELECT decision_id AS decision, body, appealed_at, outcome, answer, answered_at
                FROM appeals
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "flags": PersonalDataFile(
            "what you flagged",
            statement("""
                SELECT object_kind AS kind, object_id AS id, reason, note, flagged_at
                FROM flags
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "reports": PersonalDataFile(
            "what you reported",
            statement("""
                SELECT reference, address, reason, why, name, email, received_at
                FROM reports
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
    },
    left_out={
        "case_claims": _COMMUNITY_RECORD,
        "case_notes": _COMMUNITY_RECORD,
        "moderator_names": _COMMUNITY_RECORD,
        "reason_templates": _COMMUNITY_RECORD,
        "reporter_looks": _COMMUNITY_RECORD,
        "rules": _COMMUNITY_RECORD,
    },
)

"""The personal data in the tables of members, for the export that each member can download."""

from storage.personal_data import PersonalData, PersonalDataFile
from storage.statements import statement

PERSONAL_DATA = PersonalData(
    files={
        "profile": PersonalDataFile(
            "your account and profile",
            statement("""
                SELECT id, handle, display_name, email, email_verified_at, failing_address, failing_since, organisation,
                    stakeholder_group, country, sectors, stages, materials, languages, letters_in, post_order, about,
                    public, joined_at, silenced_until, trust, trust_given
                FROM members
                WHERE id = :member
            """),
        ),
        "sessions": PersonalDataFile(
            "where you are signed in; ended sessions are deleted",
            statement("""
                SELECT user_agent, started_at, seen_at, ends_at
                FROM sessions
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "links": PersonalDataFile(
            "links that were e-mailed to you",
            statement("""
                SELECT purpose, address, asked_at, spent_at
                FROM mailed_links
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "emails": PersonalDataFile(
            "e-mails to you of the last two weeks: of which kind, and what became of them; their texts are not kept",
            statement("""
                SELECT kind, queued_at, due_at, attempts, error, done_at, outcome
                FROM outbox
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "feed-key": PersonalDataFile(
            "whether you have a key for feeds",
            statement("""
                SELECT made_at
                FROM feed_keys
                WHERE member_id = :member
            """),
        ),
        "duties": PersonalDataFile(
            "your roles",
            statement("""
                SELECT d.duty, s.slug AS sector, d.gathering_id AS gathering, d.granted_at
                FROM duties d
                LEFT JOIN sectors s ON s.id = d.sector_id
                WHERE d.member_id = :member
                ORDER BY d.id
            """),
        ),
        "bodies": PersonalDataFile(
            "committees of which you are a member",
            statement("""
                SELECT body
                FROM body_members
                WHERE member_id = :member
                ORDER BY body
            """),
        ),
    },
    left_out={},
)

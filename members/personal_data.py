"""The personal data in the tables of members, for the export and the erasure, and those of sessions that realtime adds."""

from core.languages.texts import translatable
from storage.personal_data import PersonalData, PersonalDataFile, TableData
from storage.statements import statement

PERSONAL_DATA = PersonalData(
    files={
        "profile": PersonalDataFile(
            translatable("your account and profile"),
            statement("""
                SELECT id, handle, display_name, email, email_verified_at, failing_address, failing_since, organisation,
                    stakeholder_group, country, sectors, stages, materials, languages, letters_in, post_order, about,
                    public, joined_at, picture, silenced_until, trust, trust_given
                FROM members
                WHERE id = :member
            """),
        ),
        "picture": PersonalDataFile(
            translatable("your picture in both sizes (WebP, in base64)"),
            statement("""
                SELECT name, set_at, encode(small, 'base64') AS small, encode(large, 'base64') AS large
                FROM member_pictures
                WHERE member_id = :member
            """),
        ),
        "sessions": PersonalDataFile(
            translatable("where you are signed in; ended sessions are deleted"),
            statement("""
                SELECT user_agent, started_at, seen_at, ends_at
                FROM sessions
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "links": PersonalDataFile(
            translatable("links that were e-mailed to you"),
            statement("""
                SELECT purpose, address, onward, asked_at, spent_at
                FROM mailed_links
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "emails": PersonalDataFile(
            translatable(
                "e-mails to you of the last two weeks: of which kind, and what became of them; their texts are not kept"
            ),
            statement("""
                SELECT kind, queued_at, due_at, attempts, error, done_at, outcome
                FROM outbox
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "feed-key": PersonalDataFile(
            translatable("whether you have a key for feeds"),
            statement("""
                SELECT made_at
                FROM feed_keys
                WHERE member_id = :member
            """),
        ),
        "duties": PersonalDataFile(
            translatable("your roles"),
            statement("""
                SELECT d.duty, s.slug AS sector, d.gathering_id AS gathering, d.granted_at
                FROM duties d
                LEFT JOIN sectors s ON s.id = d.sector_id
                WHERE d.member_id = :member
                ORDER BY d.id
            """),
        ),
        "consents": PersonalDataFile(
            translatable("what you accepted when you joined, and when"),
            statement("""
                SELECT page, version, given_at
                FROM consents
                WHERE member_id = :member
                ORDER BY page, version
            """),
        ),
        "bodies": PersonalDataFile(
            translatable("committees of which you are a member"),
            statement("""
                SELECT body
                FROM body_members
                WHERE member_id = :member
                ORDER BY body
            """),
        ),
    },
    tables={
        "members": TableData(
            member="id",
            deleted="""
                handle skeleton display_name email email_verified_at failing_address failing_since password_hash
                secret_salt sealed_secret organisation
                stakeholder_group country sectors stages materials languages letters_in post_order about public
                profile_hidden_at picture is_claimed joined_at silenced_until trust trust_given trust_due_at trust_kept_until
                version
            """,
            mentions="display_name organisation about",
        ),
        "sessions": TableData(
            member="member_id", deleted="id token_hash sealed_secret user_agent started_at seen_at ends_at"
        ),
        "member_pictures": TableData(member="member_id", deleted="name small large set_at"),
        "live_tickets": TableData(follows="ticket_hash session_id ends_at"),
        "outbox": TableData(
            member="member_id",
            deleted="""
                id event kind recipient facts message_id priority queued_at due_at attempts failing_since error leased_until
                done_at outcome
            """,
        ),
        "mailed_links": TableData(
            member="member_id",
            deleted="id token_hash earlier_hashes purpose address onward asked_at ends_at spent_at",
        ),
        "duties": TableData(
            member="member_id", deleted="id duty sector_id gathering_id granted_at", unnamed="granted_by"
        ),
        "body_members": TableData(member="member_id", deleted="body"),
        "consents": TableData(member="member_id", deleted="page version given_at"),
        "feed_keys": TableData(member="member_id", deleted="key_hash made_at"),
        "mail_wishes": TableData(member="member_id", deleted="direct followed time_zone key"),
        "notifications": TableData(
            member="member_id",
            deleted="""
                id kind reason topic_id post_id decision_id gathering_id told_at read_at because mail_due_at mailed_at
                done_at title titles starts_at ends_at
            """,
            mentions="reason",
        ),
        "erasures": TableData(
            kept={
                "member_id asked_at due_at deletes begun_at ended_at": "that the account was deleted and when, to delete it "
                "again after a backup was restored (article 17(3)(b)): an id that refers to nobody",
                "handle_hash": "a hash of the handle, so that nobody takes the place of a former member",
            },
        ),
    },
)

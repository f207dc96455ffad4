"""The personal data in the tables of forum, for the export that each member can download."""

from storage.personal_data import PersonalData, PersonalDataFile
from storage.statements import statement

_COMMUNITY_RECORD = "done in a role, for the community, and kept as its record"

PERSONAL_DATA = PersonalData(
    files={
        "mail": PersonalDataFile(
            "your e-mail preferences and time zone",
            statement("""
                SELECT direct, followed, time_zone
                FROM mail_wishes
                WHERE member_id = :member
            """),
        ),
        "topics": PersonalDataFile(
            "topics that you opened or that are assigned to you",
            statement("""
                SELECT id, title, kind, tags, opened_at, author_id = :member AS opened_by_you, assignment
                FROM topics
                WHERE author_id = :member OR assignee_id = :member
                ORDER BY id
            """),
        ),
        "held-edits": PersonalDataFile(
            "edits of your posts that were held for approval",
            statement("""
                SELECT post_id AS post, edit_body AS body, held_at, outcome
                FROM held_posts
                WHERE edit_by = :member
                ORDER BY post_id
            """),
        ),
        "reactions": PersonalDataFile(
            "your reactions to posts",
            statement("""
                SELECT post_id AS post, kind, set_at
                FROM reactions
                WHERE member_id = :member
                ORDER BY post_id, kind
            """),
        ),
        "drafts": PersonalDataFile(
            "your drafts",
            statement("""
                SELECT key, title, body, tags, kind, saved_at
                FROM drafts
                WHERE member_id = :member AND ended_at IS NULL
                ORDER BY key
            """),
        ),
        "files": PersonalDataFile(
            "files that you uploaded: their names and addresses",
            statement("""
                SELECT id, name, media_type, size, uploaded_at
                FROM files
                WHERE uploaded_by = :member
                ORDER BY uploaded_at, id
            """),
        ),
        "following": PersonalDataFile(
            "what you follow, at which level, and why",
            statement("""
                SELECT f.topic_id AS topic, s.slug AS sector, f.tag, f.chosen, f.automatic, f.because, f.mail
                FROM following f
                LEFT JOIN sectors s ON s.id = f.sector_id
                WHERE f.member_id = :member
                ORDER BY f.id
            """),
        ),
        "reading": PersonalDataFile(
            "what you have read: which posts of which topic, for how long, and when last",
            statement("""
                SELECT topic_id AS topic, CAST(read AS text) AS numbers, seconds, read_at
                FROM readings
                WHERE member_id = :member
                ORDER BY topic_id
            """),
        ),
        "changes": PersonalDataFile(
            "topics that you were the last to close, open, archive, pin, move or answer",
            statement("""
                SELECT topic_id AS topic, what, changed_at
                FROM topic_changes
                WHERE changed_by = :member
                ORDER BY topic_id, what
            """),
        ),
        "searches": PersonalDataFile(
            "your saved searches",
            statement("""
                SELECT query, told, saved_at
                FROM saved_searches
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "inbox": PersonalDataFile(
            "your notifications: read ones are deleted after 90 days, all after a year",
            statement("""
                SELECT kind, reason, because, topic_id AS topic, post_id AS post, decision_id AS decision,
                    gathering_id AS gathering, title, starts_at, ends_at, told_at, read_at, done_at, mailed_at
                FROM notifications
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "invitations": PersonalDataFile(
            "topics and rooms to which you are invited",
            statement("""
                SELECT topic_id AS topic
                FROM topic_readers
                WHERE member_id = :member
                ORDER BY topic_id
            """),
        ),
    },
    left_out={
        "search_people": "the words of your name, by which your page is found; the name is in your profile",
        "moves": _COMMUNITY_RECORD,
        "topic_timers": _COMMUNITY_RECORD,
        "topic_paces": "a time after which the member can write again",
    },
)

# Posts and their revisions are exported page by page, as they can be many.
SELECT_OWN_POSTS = statement("""
SELECT p.id, p.topic_id AS topic, t.title, p.number, p.parent_id AS answers, p.posted_at, p.edited_at, p.state,
    p.markup, p.body
FROM posts p JOIN topics t ON t.id = p.topic_id
WHERE p.author_id = :member AND p.id > :after ORDER BY p.id LIMIT :count
""")
SELECT_OWN_REVISIONS = statement("""
SELECT post_id AS post, version, body, written_at FROM revisions
WHERE written_by = :member AND (post_id, version) > (:after, :version) ORDER BY post_id, version LIMIT :count
""")
SELECT_TOPICS_WITH_PSEUDONYMS = statement(
    "SELECT DISTINCT topic_id FROM posts WHERE pseudonym IS NOT NULL ORDER BY topic_id"
)
SELECT_POSTS_OF_PSEUDONYMS = statement("""
SELECT p.id, p.topic_id AS topic, t.title, p.number, p.parent_id AS answers, p.posted_at, p.edited_at, p.state,
    p.markup, p.body
FROM posts p JOIN topics t ON t.id = p.topic_id
WHERE p.topic_id = ANY(CAST(:topics AS bigint[])) AND p.pseudonym = ANY(CAST(:names AS bytea[])) ORDER BY p.id
""")

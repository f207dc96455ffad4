"""The personal data in the tables of forum, for the export and the erasure."""

from core.languages.texts import translatable
from storage.personal_data import PersonalData, PersonalDataFile, TableData
from storage.statements import statement

_COMMUNITY_RECORD = "done in a role, for the community, and kept as its record"
_WITH_TEXT = "deleted with the text of the post, if such texts are deleted"

_TABLES = {
    "sectors": TableData(nobody="id slug code name scope materials stages place"),
    "topics": TableData(
        unnamed="assignee_id",
        handled={
            "author_id": "becomes the former member",
            "title tags": "replaced, if the texts of the member's posts are deleted",
        },
        nobody="""
            id sector_id titles kind opened_at locked_at withdrawn_at hidden_at last_number post_count roots last_activity_at
            version readers body gathering_id merged_into moves answer_id closed_because archived_at pinned_at pinned_until
            slow_seconds slow_until assignment
        """,
        mentions="title titles closed_because",
    ),
    "posts": TableData(
        unnamed="edited_by",
        handled={
            "author_id": "becomes the former member",
            "body html edited_at is_shared language language_by": "emptied, if such texts are deleted",
            "reactions": "counted again",
        },
        kept={
            "pseudonym": "made from a secret that is deleted with the account, so nobody can tell whose it was",
        },
        nobody="""
            id topic_id number parent_id path depth children markup posted_at state version is_cited
        """,
        mentions="body html",
        mentions_by="id",
    ),
    "revisions": TableData(
        unnamed="written_by",
        handled={"body html": _WITH_TEXT},
        nobody="post_id version written_at was_held is_silent",
        mentions="body html",
        mentions_by="post_id",
    ),
    "held_posts": TableData(
        handled={
            "edit_by edit_body edit_html edit_language": "emptied",
            "outcome settled_at": "withdrawn, if it waited for approval",
        },
        nobody="post_id parent_id opens why held_at was_approved",
        mentions="edit_body edit_html",
    ),
    "quotations": TableData(
        handled={"body html digest": _WITH_TEXT}, nobody="id post_id is_exact", mentions="body html"
    ),
    "post_translations": TableData(
        handled={"html digest": _WITH_TEXT},
        nobody="post_id target source asked_at due_at provider made_at",
        mentions="html",
        mentions_by="post_id",
    ),
    "translator_uses": TableData(nobody="provider day characters failures paused_until"),
    "translation_uses": TableData(
        member="member_id",
        deleted="day characters",
        not_exported="how much of the day's translations you have asked for, kept for a day",
    ),
    "post_references": TableData(
        handled={"object_id": "references to the member are deleted"}, nobody="post_id kind"
    ),
    "reactions": TableData(member="member_id", deleted="post_id kind set_at"),
    "drafts": TableData(
        member="member_id",
        deleted="key body title tags kind language sequence owner saved_at ended_at",
        mentions="title body",
    ),
    "bookmarks": TableData(
        member="member_id", deleted="id post_id note set_at remind_at reminded_at", mentions="note"
    ),
    "files": TableData(
        handled={
            "uploaded_by": "emptied, unless an open case is about the file",
            "id sha256 name": "deleted, if no post uses the file any more",
        },
        nobody="media_type size uploaded_at width height hidden_at",
    ),
    "file_contents": TableData(handled={"sha256 content": "deleted with the last file that has it"}),
    "file_texts": TableData(follows="sha256 words read_at"),
    "file_uses": TableData(handled={"file_id": _WITH_TEXT}, nobody="post_id"),
    "following": TableData(
        member="member_id", deleted="id topic_id sector_id tag chosen automatic because mail"
    ),
    "readings": TableData(member="member_id", deleted="topic_id read seconds read_at"),
    "saved_searches": TableData(
        member="member_id",
        deleted="id query told seen saved_at due_at",
        handled={"query": "those of others for posts of the member are deleted"},
    ),
    "search_people": TableData(member="member_id", deleted="vector", not_exported="the words of your name"),
    "search_people_queue": TableData(handled={"member_id": "deleted"}, nobody="id"),
    "search_posts": TableData(
        handled={"vector language": "deleted with the text, and made again from what is left"},
        nobody="post_id posted_at",
    ),
    "search_queue": TableData(nobody="id post_id"),
    "search_reindex": TableData(nobody="is_only tokenizer below"),
    "search_words": TableData(handled={"word": "deleted, if it was only in deleted texts"}),
    "imported_mails": TableData(
        handled={
            "message_id": "replaced by a hash, by which the same mail is not imported again",
            "subject awaits fingerprints": "replaced, if the texts of the member's posts are deleted",
        },
        nobody="sector_id topic_id post_id",
    ),
    "moves": TableData(
        unnamed="moved_by",
        nobody="id kind from_topic to_topic posts moved_at undone_at",
        not_exported=_COMMUNITY_RECORD,
    ),
    "former_places": TableData(nobody="topic_id number post_id move_id path segment"),
    "held_moves": TableData(nobody="move_id post_id"),
    "topic_changes": TableData(unnamed="changed_by", nobody="topic_id what changed_at"),
    "topic_paces": TableData(
        member="member_id",
        deleted="topic_id wrote_at",
        not_exported="a time after which the member can write again",
    ),
    "topic_readers": TableData(member="member_id", deleted="topic_id"),
    "topic_timers": TableData(
        unnamed="set_by", nobody="topic_id kind due_at note", mentions="note", not_exported=_COMMUNITY_RECORD
    ),
    "tags": TableData(nobody="name about group_id synonym_of"),
    "tag_groups": TableData(nobody="id name one_only for_moderators"),
}

PERSONAL_DATA = PersonalData(
    files={
        "mail": PersonalDataFile(
            translatable("your e-mail preferences and time zone"),
            statement("""
                SELECT direct, followed, time_zone
                FROM mail_wishes
                WHERE member_id = :member
            """),
        ),
        "topics": PersonalDataFile(
            translatable("topics that you opened or that are assigned to you"),
            statement("""
                SELECT id, title, kind, tags, opened_at, author_id = :member AS opened_by_you, assignment
                FROM topics
                WHERE author_id = :member OR assignee_id = :member
                ORDER BY id
            """),
            translatable(
                "They stay without your name; their titles are deleted with your posts, if you delete these."
            ),
        ),
        "held-edits": PersonalDataFile(
            translatable("edits of your posts that were held for approval"),
            statement("""
                SELECT post_id AS post, edit_body AS body, edit_language AS language, held_at, outcome
                FROM held_posts
                WHERE edit_by = :member
                ORDER BY post_id
            """),
        ),
        "reactions": PersonalDataFile(
            translatable("your reactions to posts"),
            statement("""
                SELECT post_id AS post, kind, set_at
                FROM reactions
                WHERE member_id = :member
                ORDER BY post_id, kind
            """),
        ),
        "drafts": PersonalDataFile(
            translatable("your drafts"),
            statement("""
                SELECT key, title, body, tags, kind, saved_at
                FROM drafts
                WHERE member_id = :member AND ended_at IS NULL
                ORDER BY key
            """),
        ),
        "bookmarks": PersonalDataFile(
            translatable("your bookmarks, with their notes and reminders"),
            statement("""
                SELECT post_id AS post, note, set_at, remind_at, reminded_at
                FROM bookmarks
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "files": PersonalDataFile(
            translatable("files that you uploaded: their names and addresses"),
            statement("""
                SELECT id, name, media_type, size, uploaded_at
                FROM files
                WHERE uploaded_by = :member
                ORDER BY uploaded_at, id
            """),
            translatable("Deleted, except for those in posts that stay."),
        ),
        "following": PersonalDataFile(
            translatable("what you follow, at which level, and why"),
            statement("""
                SELECT f.topic_id AS topic, s.slug AS sector, f.tag, f.chosen, f.automatic, f.because, f.mail
                FROM following f
                LEFT JOIN sectors s ON s.id = f.sector_id
                WHERE f.member_id = :member
                ORDER BY f.id
            """),
        ),
        "reading": PersonalDataFile(
            translatable("what you have read: which posts of which topic, for how long, and when last"),
            statement("""
                SELECT topic_id AS topic, CAST(read AS text) AS numbers, seconds, read_at
                FROM readings
                WHERE member_id = :member
                ORDER BY topic_id
            """),
        ),
        "changes": PersonalDataFile(
            translatable("topics that you were the last to close, open, archive, pin, move or answer"),
            statement("""
                SELECT topic_id AS topic, what, changed_at
                FROM topic_changes
                WHERE changed_by = :member
                ORDER BY topic_id, what
            """),
            translatable("They stay without your name."),
        ),
        "searches": PersonalDataFile(
            translatable("your saved searches"),
            statement("""
                SELECT query, told, saved_at
                FROM saved_searches
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "inbox": PersonalDataFile(
            translatable("your notifications: read ones are deleted after 90 days, all after a year"),
            statement("""
                SELECT kind, reason, because, topic_id AS topic, post_id AS post, decision_id AS decision,
                    gathering_id AS gathering, title, starts_at, ends_at, told_at, read_at, done_at, mailed_at
                FROM notifications
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
        "invitations": PersonalDataFile(
            translatable("topics and rooms to which you are invited"),
            statement("""
                SELECT topic_id AS topic
                FROM topic_readers
                WHERE member_id = :member
                ORDER BY topic_id
            """),
        ),
    },
    tables=_TABLES,
)

# Posts and their revisions are exported page by page, as they can be many.
SELECT_OWN_POSTS = statement("""
SELECT p.id, p.topic_id AS topic, t.title, p.number, p.parent_id AS answers, p.posted_at, p.edited_at, p.state,
    p.markup, p.body, t.titles AS topic_titles, t.kind AS topic_kind
FROM posts p JOIN topics t ON t.id = p.topic_id
WHERE p.author_id = :member AND p.id > :after ORDER BY p.id LIMIT :count
""")
# These columns are for the readable file alone.
FOR_READERS = frozenset({"topic_titles", "topic_kind"})
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

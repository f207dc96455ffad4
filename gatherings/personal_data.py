"""The personal data in the tables of gatherings, for the export and the erasure."""

from core.languages.texts import translatable
from storage.personal_data import PersonalData, PersonalDataFile, TableData
from storage.statements import statement

_COMMUNITY_RECORD = "done in a role, for the community, and kept as its record"

PERSONAL_DATA = PersonalData(
    files={
        "panels": PersonalDataFile(
            translatable("rooms in which you are on the panel"),
            statement("""
                SELECT room_id AS room
                FROM panelists
                WHERE member_id = :member
                ORDER BY room_id
            """),
        ),
        "attendance": PersonalDataFile(
            translatable("rooms that you attended, by day"),
            statement("""
                SELECT room_id AS room, day
                FROM attendance
                WHERE member_id = :member
                ORDER BY day, room_id
            """),
        ),
        "votes": PersonalDataFile(
            translatable("questions that you voted for"),
            statement("""
                SELECT question_id AS question
                FROM votes
                WHERE member_id = :member
                ORDER BY question_id
            """),
            translatable("Deleted. They stay counted."),
        ),
        "ballots": PersonalDataFile(
            translatable("your answers in polls"),
            statement("""
                SELECT poll_id AS poll, answer
                FROM ballots
                WHERE member_id = :member
                ORDER BY poll_id
            """),
            translatable("Deleted. The results of closed polls stay."),
        ),
        "silences": PersonalDataFile(
            translatable("rooms in which you were silenced"),
            statement("""
                SELECT room_id AS room, reason, until, silenced_at
                FROM room_silences
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
    },
    tables={
        "gatherings": TableData(
            nobody="""
                id sector_id title kind mode about translations place starts_at ends_at time_zone state version changed_at
            """,
            mentions="about translations",
        ),
        "gathering_lanes": TableData(nobody="gathering_id key opened_at closes_at"),
        "programme_sessions": TableData(
            handled={"speakers": "a speaker with this account is no longer named"},
            nobody="""
                id gathering_id room_id title about translations language starts_at ends_at time_zone state version
                changed_at
            """,
            mentions="about translations",
        ),
        "rooms": TableData(
            nobody="""
                id gathering_id topic_id title state modules allows_anonymous version writers is_premoderated slow_seconds
                question_length publishes_choices
            """,
        ),
        "panelists": TableData(member="member_id", deleted="room_id"),
        "attendance": TableData(member="member_id", deleted="room_id day"),
        "room_silences": TableData(
            member="member_id", deleted="id room_id pseudonym reason until silenced_at", unnamed="silenced_by"
        ),
        "questions": TableData(
            handled={"votes former_votes": "the votes stay counted without the voters"},
            nobody="id room_id post_id state settled_at version place reason answered_how answer_post_id merged_into",
            mentions="reason",
        ),
        "question_claims": TableData(
            member="member_id", deleted="question_id until", not_exported=_COMMUNITY_RECORD
        ),
        "question_counts": TableData(nobody="room_id live answered dismissed pending shortlisted on_stage"),
        "question_moves": TableData(
            unnamed="moved_by",
            nobody="id question_id room_id version old_state new_state reason moved_at",
            mentions="reason",
            not_exported=_COMMUNITY_RECORD,
        ),
        "votes": TableData(member="member_id", deleted="question_id via"),
        "polls": TableData(
            unnamed="made_by",
            nobody="""
                id room_id kind title options settings state reveals by_group version made_at opened_at closed_at results
            """,
            mentions="title",
            not_exported=_COMMUNITY_RECORD,
        ),
        "ballots": TableData(member="member_id", deleted="poll_id answer"),
        "struck_words": TableData(
            unnamed="struck_by", nobody="poll_id word reason struck_at", not_exported=_COMMUNITY_RECORD
        ),
        "board_columns": TableData(nobody="id room_id title place version"),
        "notices": TableData(
            handled={"title": "replaced, if the text is deleted"},
            nobody="id room_id column_id post_id pinned_at expires_at taken_off version",
            mentions="title",
        ),
    },
)

"""The personal data in the tables of gatherings, for the export that each member can download."""

from storage.personal_data import PersonalData, PersonalDataFile
from storage.statements import statement

_COMMUNITY_RECORD = "done in a role, for the community, and kept as its record"

PERSONAL_DATA = PersonalData(
    files={
        "panels": PersonalDataFile(
            "rooms in which you are on the panel",
            statement("""
                SELECT room_id AS room
                FROM panelists
                WHERE member_id = :member
                ORDER BY room_id
            """),
        ),
        "attendance": PersonalDataFile(
            "rooms that you attended, by day",
            statement("""
                SELECT room_id AS room, day
                FROM attendance
                WHERE member_id = :member
                ORDER BY day, room_id
            """),
        ),
        "votes": PersonalDataFile(
            "questions that you voted for",
            statement("""
                SELECT question_id AS question
                FROM votes
                WHERE member_id = :member
                ORDER BY question_id
            """),
        ),
        "ballots": PersonalDataFile(
            "your answers in polls",
            statement("""
                SELECT poll_id AS poll, answer
                FROM ballots
                WHERE member_id = :member
                ORDER BY poll_id
            """),
        ),
        "silences": PersonalDataFile(
            "rooms in which you were silenced",
            statement("""
                SELECT room_id AS room, reason, until, silenced_at
                FROM room_silences
                WHERE member_id = :member
                ORDER BY id
            """),
        ),
    },
    left_out={
        "polls": _COMMUNITY_RECORD,
        "question_claims": _COMMUNITY_RECORD,
        "question_moves": _COMMUNITY_RECORD,
        "struck_words": _COMMUNITY_RECORD,
    },
)

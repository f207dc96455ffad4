"""What may stand in a question or a notice: pure rules, and the refusals they raise."""

from core.errors import Invalid
from gatherings.policy import RoomFacts
from gatherings.shapes.notices import NOTICE_LENGTH, NOTICE_TITLE_LENGTH

# The title, what makes it one, and the text.
MOST_TEXT = NOTICE_TITLE_LENGTH + 5 + NOTICE_LENGTH


class EmptyQuestion(Invalid):
    """Nothing is asked."""

    message = "Write your question first."


class QuestionTooLong(Invalid):
    """It is longer than this room takes."""

    def __init__(self, most: int) -> None:
        super().__init__(f"In this room a question has at most {most} characters.", field="body")


def ensure_is_question(room: RoomFacts, body: str) -> None:
    """A question says something, and no more than the room takes."""
    if not body:
        raise EmptyQuestion(field="body")
    if len(body) > room.question_length:
        raise QuestionTooLong(room.question_length)


class NoticeTooLong(Invalid):
    """It is longer than a notice can be."""

    message = "A notice is short. Answer it with the rest."


def ensure_is_notice(text: str) -> None:
    """A notice, with its title above it, is no longer than a notice can be."""
    if len(text) > MOST_TEXT:
        raise NoticeTooLong(field="body")

"""The rules for the texts of questions and notices."""

from core.errors import Invalid
from core.languages.texts import translatable
from gatherings.policy_rooms import RoomFacts
from gatherings.shapes.notices import NOTICE_LENGTH, NOTICE_TITLE_LENGTH

# The title, the five characters of Markdown that make it a heading, and the text.
MAX_NOTICE_TEXT = NOTICE_TITLE_LENGTH + 5 + NOTICE_LENGTH


class EmptyQuestion(Invalid):
    """The question is empty."""

    message = translatable("Write your question first.")


class QuestionTooLong(Invalid):
    """The question is longer than this room allows."""

    message = translatable("In this room a question has at most %(most)s characters.")

    def __init__(self, max_length: int) -> None:
        super().__init__(field="body", most=max_length)


class NoticeTooLong(Invalid):
    """The notice is longer than a notice can be."""

    message = translatable("This notice is too long. Shorten it, and write the rest as a reply.")


def ensure_is_question(room: RoomFacts, body: str) -> None:
    """A question is not empty and no longer than the room allows; raise EmptyQuestion or QuestionTooLong."""
    if not body:
        raise EmptyQuestion(field="body")
    if len(body) > room.question_length:
        raise QuestionTooLong(room.question_length)


def ensure_is_notice(text: str) -> None:
    """A notice, together with its title, is no longer than a notice can be; raise NoticeTooLong."""
    if len(text) > MAX_NOTICE_TEXT:
        raise NoticeTooLong(field="body")

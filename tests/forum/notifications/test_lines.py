"""Lines of the inbox: who did what in one sentence, also of several people and without a name."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from core.languages.languages import all_languages
from core.languages.texts import speaking
from forum.notifications.lines import Line, group_lines, name_of, sentence_of
from forum.notifications.shapes import Notification
from members.shapes import Author

ADA, BOB, CLEO = (Author(id, name.lower(), name) for id, name in ((1, "Ada"), (2, "Bob"), (3, "Cleo")))
NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


def told(
    number: int, by: Author | None, kind: str = "reply", because: str | None = "topic", topic: int = 7
) -> Notification:
    return Notification(
        id=number, kind=kind, reason="You watch this topic.", by=by, because=because, topic=topic, title="Tin", post=number,
        decision=None, gathering=None, starts_at=None, number=number, excerpt="Yes.", told_at=NOON, is_read=number < 3,
        is_done=False,
    )  # fmt: skip


def said(line: Line) -> str:
    return sentence_of(line, name_of(line), line.latest.title)


def lines_of(*items: Notification) -> list[Line]:
    return [line for group in group_lines(items) for line in group]


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        ([ADA], "Ada replied in Tin"),
        ([ADA, ADA, ADA], "Ada replied in Tin"),
        ([ADA, BOB], "Ada and 1 other replied in Tin"),
        ([ADA, BOB, CLEO, BOB], "Ada and 2 others replied in Tin"),
        ([None], "Somebody replied in Tin"),
        ([None, BOB, None], "Bob and 1 other replied in Tin"),
    ],
)
def test_several_replies_in_a_topic_are_one_line(people: Sequence[Author | None], sentence: str) -> None:
    (line,) = lines_of(*[told(9 - at, by) for at, by in enumerate(people)])
    assert said(line) == sentence


def test_the_plural_is_that_of_the_language() -> None:
    many = [Author(number, f"m{number}", "Ada") for number in range(1, 7)]
    with speaking(all_languages()["ar"]):
        few, more = (said(lines_of(*[told(one.id, one) for one in many[:count]])[0]) for count in (3, 6))
        assert few.replace("٢", "#").replace("2", "#") != more.replace("٥", "#").replace("5", "#")
        assert "Ada" in few and "Tin" in few


def test_what_is_told_differently_has_a_line_of_its_own() -> None:
    groups = group_lines(
        [
            told(5, ADA, because="answers_you"),
            told(4, BOB, "mentioned", "mentions_you", topic=8),
            told(3, BOB, "posted", "tag"),
            told(2, CLEO),
        ]
    )
    assert [[said(line) for line in group] for group in groups] == [
        ["Ada replied to you in Tin", "Bob and 1 other replied in Tin"],
        ["Bob mentioned you in Tin"],
    ]


def test_a_line_opens_the_first_unread_post() -> None:
    (line,) = lines_of(told(5, ADA), told(4, ADA), told(1, ADA))
    assert (line.target.id, line.latest.id, line.is_read) == (4, 5, False)
    (line,) = lines_of(told(2, ADA), told(1, ADA))
    assert (line.target.id, line.is_read) == (2, True)


def test_a_reason_is_shown_only_if_the_sentence_does_not_say_it() -> None:
    assert lines_of(told(5, ADA))[0].reason == "You watch this topic."
    assert lines_of(told(5, ADA, because="answers_you"))[0].reason == ""


def test_who_accepted_an_answer_and_is_gone_is_told_by_the_reason() -> None:
    assert said(lines_of(told(5, None, "accepted", "accepted"))[0]) == "You watch this topic."
    assert said(lines_of(told(5, ADA, "accepted", "accepted"))[0]) == "Ada accepted your answer in Tin"

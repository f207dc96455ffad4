"""What a room's pages get from Python is in the language of the reader."""

import re
from datetime import UTC, datetime

import msgspec
import pytest

from core.errors import Invalid
from core.languages.texts import speaking
from gatherings.polls.caught_words import CAUGHT
from gatherings.polls.policy import validate_poll
from gatherings.shapes.polls import NewPoll, PollKind, PollSettings, Struck
from gatherings.shapes.questions import Question, Rank, Why
from pages.gatherings import host_actions, question_html
from pages.gatherings.polls_view import in_words
from tests.support.languages.pseudo import ACCENTED


def question(state: str, **more: object) -> Question:
    day = datetime(2026, 5, 3, tzinfo=UTC)
    facts = {
        "id": 1, "room": 1, "post": 1, "state": state, "votes": 1, "version": 0, "settled_at": None, "number": 1,
        "body": "", "html": "", "author": None, "anonymous": True, "asked_at": day, "my_vote": 0, "mine": True,
    }  # fmt: skip
    return Question(**(facts | more))  # type: ignore[arg-type]


def rest(html: str) -> str:
    """What stands outside brackets, without tags and times."""
    return re.sub(r"<time.*?</time>|<[^>]*>", " ", re.sub(r"⟦[^⟧]*⟧", " ", html))


@pytest.mark.parametrize("state", ["pending", "live", "shortlisted", "on_stage", "answered", "dismissed"])
@pytest.mark.parametrize("mine", [True, False])
def test_a_question_speaks_the_language_of_its_reader(state: str, mine: bool) -> None:
    why = Why(votes=1, voters=1, support=1, age_minutes=3, freshness=1, group="ngo", balance=2)
    with speaking(ACCENTED):
        place = question_html.RoomPlace(room=1, topic="/t/1", may_vote=not mine, is_host=True)
        one = question(state, mine=mine, rank=Rank(score=1, why=why))
        html = str(question_html.question(one, place))
    assert not re.search(r"[^\W\d]", rest(html)), rest(html)
    assert "⟦" in html and "⟧⟦" not in html


def test_the_words_of_scripts_and_keys_speak_the_language_of_the_page() -> None:
    with speaking(ACCENTED):
        place = question_html.RoomPlace(room=1, topic="/t/1")
        room_words = msgspec.json.decode(question_html.script_words(place))
        words = msgspec.json.decode(host_actions.script_words())
        said = [action.word for actions in host_actions.host_actions().values() for action in actions]
        said += [action.word for actions in host_actions.panel_actions().values() for action in actions]
        undo = [host_actions.undo_button(text) for text in ("1.pending.2.live", "1.live.2.on_stage")]
        caught = in_words(Struck("word", CAUGHT))
    said += [*room_words["texts"].values(), *[word for _, word in room_words["states"].values()]]
    said += [*words.pop("done").values(), *words.values()]
    said += [text for button in undo if button for text in (button.said, button.word)]
    assert len(said) > 60
    assert [text for text in [*said, caught.reason] if not re.fullmatch(r"⟦[^⟦⟧]+⟧", text)] == []


def a_poll(kind: PollKind, **more: object) -> NewPoll:
    return NewPoll(**{"kind": kind, "title": "Cobalt?"} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("poll", "limit"),
    [
        (a_poll("single", options=["one"]), "20"),
        (a_poll("words", options=["one", "two"]), ""),
        (a_poll("scale", settings=PollSettings(low=1, high=90)), "21"),
        (a_poll("several", options=["one", "two"], settings=PollSettings(most=3)), "2"),
    ],
)
def test_refusals_of_polls_speak_the_language_of_their_reader(poll: NewPoll, limit: str) -> None:
    with speaking(ACCENTED), pytest.raises(Invalid) as refused:
        validate_poll(poll)
    with speaking(ACCENTED):
        detail = refused.value.detail
    assert re.fullmatch("⟦[^⟦⟧%]+⟧", detail) and limit in detail
    # Catalogues know the text without the number.
    assert not limit or limit not in refused.value.text


def test_what_a_host_wrote_is_not_translated() -> None:
    with speaking(ACCENTED):
        assert in_words(Struck("word", "Rude.")) == Struck("word", "Rude.")

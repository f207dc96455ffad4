"""Prepared texts are recognised in each language, and shown to each reader in theirs; changed texts are not."""

import pytest

from core.languages.languages import all_languages
from core.languages.prepared import facts_of_prepared, prepared_text, texts_of
from core.languages.texts import gettext, speaking
from forum.text import prepared_posts
from forum.text.prepared_posts import ROOM_BEGINS
from gatherings.notices.default_columns import SUGGESTED


@pytest.mark.parametrize("stored_in", all_languages())
def test_a_text_of_any_language_is_shown_in_each_other_one(stored_in: str) -> None:
    for message in SUGGESTED:
        with speaking(all_languages()[stored_in]):
            stored = gettext(message)
        for language in all_languages().values():
            with speaking(language):
                assert prepared_text(stored, SUGGESTED) == gettext(message)
                assert prepared_text(f"{stored}!", SUGGESTED) == f"{stored}!"
        assert {stored, message} <= texts_of(stored, SUGGESTED)
    assert texts_of("Ideas", SUGGESTED) == {"Ideas"}


@pytest.mark.parametrize("stored_in", all_languages())
def test_what_was_put_into_a_sentence_is_found_again(stored_in: str) -> None:
    facts = {"room": "Saal 1 (Nord)", "event": "“Kobalt” & mehr"}
    with speaking(all_languages()[stored_in]):
        stored = gettext(ROOM_BEGINS, **facts)
    assert facts_of_prepared(stored, ROOM_BEGINS) == facts
    assert facts_of_prepared(f"{stored} And more.", ROOM_BEGINS) is None


def test_tags_are_whole_in_a_language_with_another_order(monkeypatch: pytest.MonkeyPatch) -> None:
    paragraph = ROOM_BEGINS % {"room": '<a href="https://e.example" title="x', "event": 'y">Saal</a>'}
    html = f"<p>{paragraph}</p>\n"
    assert prepared_posts.prepared_html(html) is not None
    monkeypatch.setattr(prepared_posts, "gettext", lambda _, **facts: "{event}: {room}.".format(**facts))
    shown = prepared_posts.prepared_html(html)
    assert shown is not None and "Saal" in shown and "title=" not in shown

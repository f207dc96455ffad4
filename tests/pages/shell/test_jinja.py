"""The templates of a process."""

import pytest

from core.languages.languages import all_languages
from core.languages.texts import speaking
from pages.shell.jinja import compile_templates, environment


def test_all_templates_are_compiled_before_they_are_asked_for() -> None:
    compile_templates()
    cache = environment().cache
    assert cache is not None
    compiled = {name for _, name in cache}
    assert compiled == set(environment().list_templates())
    # Otherwise the first page would push out the last template.
    assert len(compiled) < cache.capacity


@pytest.mark.parametrize(("tag", "label"), [("de", "Ort <span"), ("zh", "Ort<span")])
def test_only_chinese_has_no_blank_before_a_bracket(tag: str, label: str) -> None:
    page = '{% from "shell/parts.html" import label_of %}{{ label_of("place", "Ort", "", false) }}'
    with speaking(all_languages()[tag]):
        assert label in environment().from_string(page).render()


@pytest.mark.parametrize(
    ("tag", "said"), [("de", "auf <bdi>Deutsch"), ("es", "en <bdi>alemán"), ("en", "in <bdi>German")]
)
def test_the_language_of_a_case_is_named_in_the_language_of_the_page(tag: str, said: str) -> None:
    page = '{% trans language="de" | language_name %}in <bdi>{{ language }}</bdi>{% endtrans %}'
    with speaking(all_languages()[tag]):
        assert said in environment().from_string(page).render()

"""Tests of excerpts: the words of HTML and of Markdown, each known to be what it is, at a cost that is bounded."""

import pytest

from forum.text.excerpts import excerpt_of_html, excerpt_of_markdown, words_of_html
from forum.text.markdown import render, render_mail

LENGTH = 20_000


def test_excerpts_are_one_line_of_words():
    html = render("# A\n\nb **c** d[^1]\n\n> e\n\n[^1]: note").html

    assert excerpt_of_html(html, 100).startswith("A b c d e note")
    assert excerpt_of_markdown("**b** and [words](https://x.org) > c\n\n- d", 100) == "b and words > c d"
    assert excerpt_of_markdown("word " * 100, 20) == "word word word word…"
    assert excerpt_of_html(render_mail("New\n\nOn Monday, A wrote:\n> old\n\n-- \nme\n").html, 50) == "New"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("< 5 % of the ore, and > 3 t a day is my claim", "< 5 % of the ore, and > 3 t a day is my claim"),
        ("<b>bold</b> is shown as typed", "<b>bold</b> is shown as typed"),
        ("<p>Is this a paragraph?</p>", "<p>Is this a paragraph?</p>"),
        ("<3 for all who < 2 h slept", "<3 for all who < 2 h slept"),
        ("<https://example.org/a> first", "https://example.org/a first"),
        ("AT&amp;T and &lt;", "AT&T and <"),
        ("a * b * c, snake_case_name, 2*3", "a * b * c, snake_case_name, 2*3"),
        ("![the map](/files/1/map.png) of it", "the map of it"),
        ("`**not bold**` \\*nor this\\*", "**not bold** *nor this*"),
    ],
)
def test_markdown_that_looks_like_html_keeps_its_words(source: str, words: str) -> None:
    assert excerpt_of_markdown(source, 160) == words
    assert words_of_html(render(source).html).startswith(words)


def test_an_excerpt_reads_only_the_beginning_of_a_hostile_text() -> None:
    # Earlier each of these took a time that grew with the square of its length: together minutes.
    for source in ("<", '<a href="', "[", "![", "<!--", "*a ", "&", "`a "):
        assert excerpt_of_markdown(source * (LENGTH // len(source)), 160) == excerpt_of_markdown(
            source * (640 // len(source) + 1), 160
        )

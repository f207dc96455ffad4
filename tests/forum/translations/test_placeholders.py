"""What is sent to a translator, and what is made of its answers, whatever they are."""

import re

import pytest

from forum.text.markdown import render
from forum.translations.placeholders import BadTranslation, protect, restore
from tests.support.languages.translator import in_capitals

PAGE = (
    '<p dir="ltr">Ask <a class="mention" href="/m/amina">@amina</a> about '
    '<a href="https://example.org/a" rel="nofollow ugc noopener">the report</a> and <code>x &lt; y</code>, '
    'or write to office@example.org.</p><blockquote class="quote" data-quote="7"></blockquote>'
    '<pre><code>rm -r</code></pre><ul class="contains-task-list"><li class="task-list-item" id="p1-a">'
    '<input type="checkbox" disabled=""> done</li></ul>'
)


def test_only_words_are_sent() -> None:
    sent = protect(PAGE).page
    assert "Ask" in sent and "the report" in sent
    for secret in ("amina", "example.org", "x &lt;", "data-quote", "rm -r", "checkbox", "class", "href"):
        assert secret not in sent


def test_a_translation_has_everything_else_as_it_was() -> None:
    protected = protect(PAGE)
    assert restore(in_capitals(protected.page), protected) == (
        '<p>ASK <a class="mention" href="/m/amina">@amina</a> ABOUT '
        '<a href="https://example.org/a" rel="nofollow ugc noopener">THE REPORT</a> AND <code>x &lt; y</code>, '
        'OR WRITE TO office@example.org.</p><blockquote class="quote" data-quote="7"></blockquote>'
        '<pre><code>rm -r</code></pre><ul class="contains-task-list"><li class="task-list-item">'
        '<input type="checkbox" disabled=""> DONE</li></ul>'
    )


@pytest.mark.parametrize(
    "source",
    [
        "# Head\n\nText with **bold** and `code` and https://example.org/x.\n\n> quoted\n\n- [ ] one\n- [x] two",
        "| a | b |\n|:-|-:|\n| one | 2 |\n\nA note[^1] and www.example.org\n\n[^1]: The *note*.",
        "1. first\n2. second\n\n```python\nprint('x')\n```\n\n![chart](https://example.org/a.png) AT&T \"quoted\"",
        "hotels.com and #cobalt and a@b.org: they're <b>not</b> markup",
    ],
)
def test_what_a_translator_leaves_alone_stays(source: str) -> None:
    page = render(source).html
    own = re.compile(r' (?:id|dir|lang)="[^"]*"')
    protected = protect(page)
    assert own.sub("", restore(protected.page, protected)) == own.sub("", page)
    assert re.findall(r' id="([pt]\d+)"', protected.page) == re.findall(r' \w+="([pt]\d+)"', protected.page)


@pytest.mark.parametrize(
    "word", ["hotels.com", "#cobalt", "@amina", "a.b@example.org", "www.example.org/x?y=1"]
)
def test_addresses_in_plain_text_are_not_sent(word: str) -> None:
    protected = protect(f"<p>Look at {word}, please.</p>")
    assert word not in protected.page
    assert restore(in_capitals(protected.page), protected) == f"<p>LOOK AT {word}, PLEASE.</p>"


def test_nothing_but_code_has_no_words() -> None:
    assert not protect("<pre><code>a b</code></pre><p>https://example.org 12 &amp;</p>").has_words
    assert protect("<p>a</p>").has_words


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        ('<span id="p0" translate="no">0</span>', ""),
        ('id="p0"', 'id="p1"'),
        ('id="p0"', 'id="p99"'),
        ('translate="no">0<', 'translate="no">zero<'),
        ('<a id="t0">', "<a>"),
        ('<a id="t0">', '<b id="t0">'),
        ('<a id="t0">', '<p id="t0">'),
        ("ask", '<span id="p0" translate="no">0</span>'),
        ("ask", '<span id="x">ask</span>'),
        ("ask", "ask" * 2_000),
        ("ask", "\ud800"),
        ("ask", "a\x00sk"),
        ("ask", "<p>" * 50),
    ],
)
def test_an_answer_with_altered_placeholders_is_refused(pattern: str, instead: str) -> None:
    protected = protect(
        '<p>ask <a class="mention" href="/m/b">@b</a> <a href="/t/1">here</a> <code>c</code></p>'
    )
    assert pattern in protected.page
    with pytest.raises(BadTranslation):
        restore(protected.page.replace(pattern, instead, 1), protected)


def test_an_answer_that_ends_within_a_placeholder_is_refused() -> None:
    with pytest.raises(BadTranslation):
        restore('ask <br id="p0">0', protect("<p>ask<br><code>c</code></p>"))


def test_an_answer_without_words_is_refused() -> None:
    with pytest.raises(BadTranslation):
        restore("<p></p>", protect("<p>ask</p>"))


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        '<img src="x" onerror="alert(1)">',
        '<a href="https://evil.example">here</a>',
        '<p onclick="alert(1)">here</p>',
        "<iframe src=//evil.example></iframe>",
        '<form action="/x"><button>Sign in</button></form>',
        "<style>p{display:none}</style>",
    ],
)
def test_markup_in_an_answer_does_not_get_through(markup: str) -> None:
    protected = protect('<p>ask <a href="/t/1">here</a></p>')
    made = restore(protected.page.replace("ask", f"ask {markup}"), protected)
    assert re.findall(r"<[^>]*[ =][^>]*>", made) == ['<a href="/t/1">']
    assert not re.search(r"alert|display|<(?!/?(?:p|a)\b)", made)


def test_a_translation_has_its_own_directions() -> None:
    protected = protect("<p>one</p>")
    assert restore("<p>مرحبا</p>", protected) == '<p dir="rtl">مرحبا</p>'

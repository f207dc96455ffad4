"""The checks of catalogues find each kind of mistake, and compiled catalogues say what their sources say."""

import os
import stat
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from core.languages.compiled import compile_catalogue, is_complete, read_catalogue, spaced_as_french
from core.languages.languages import CATALOGUES, all_languages
from tests.support.languages.checks import problems, problems_of, read, single_number_forms
from tests.support.languages.messages import gather, update
from tests.support.languages.terms import PAGE, page

TWO = {"forms": 2, "single": frozenset({0})}
MARKED = 'Reply to <a href="%(link)s">%(name)s</a>'


@pytest.mark.parametrize(
    ("source", "translation", "problem"),
    [
        ("Save", "", "missing"),
        (("%(num)s post", "%(num)s posts"), ("%(num)s Beitrag", ""), "missing"),
        (("%(num)s post", "%(num)s posts"), ("%(num)s Beitrag",), "missing"),
        ("Hello %(name)s", "Guten Tag", "placeholders differ"),
        ("Hello %(name)s", "Guten Tag %(nam)s", "placeholders differ"),
        (("%(num)s post", "%(num)s posts"), ("ein Beitrag", "Beiträge"), "placeholders differ"),
        ("%(n)s%% of all", "%(n)s % von allen", "a single % beside placeholders"),
        (MARKED, "Antwort an %(name)s auf %(link)s", "tags differ"),
        ("Save", "Speichern<script>", "tags differ"),
        ("<b>Now</b>", "<b>Jetzt", "tags differ"),
        ("Terms &amp; rules", "Bedingungen & Regeln", "a bare &"),
        ("Save", "Speichern ", "blanks at the ends differ"),
        ("Save", "Spei\u200bchern", "an invisible character"),
        ("Write down what was said", "Write down what was said", "as in English"),
    ],
)
def test_each_kind_of_mistake_is_found(source, translation, problem):
    assert list(problems_of(Message(source, translation), **TWO)) == [problem]


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("Name", "Name"),
        (MARKED, 'An <a href="%(link)s">%(name)s</a> antworten'),
        (("%(num)s post", "%(num)s posts"), ("ein Beitrag", "%(num)s Beiträge")),
        ("https://%(host)s", "https://%(host)s"),
        ("%(n)s%% of all", "%(n)s %% von allen"),
    ],
)
def test_what_is_right_is_not_complained_of(source, translation):
    assert list(problems_of(Message(source, translation), **TWO)) == []


def test_a_fuzzy_entry_is_none():
    assert list(problems_of(Message("Save", "Speichern", flags=["fuzzy"]), **TWO)) == ["fuzzy"]


def test_missing_and_unused_texts_are_found():
    gathered, there = Catalog(), Catalog()
    gathered.add("New")
    there.add("Old", "Alt")
    assert list(problems(there, gathered)) == [
        "not in the catalogue: (None, 'New')",
        "no longer used: (None, 'Old')",
    ]


def test_numbers_that_a_plural_form_stands_for_alone():
    # In Arabic the noun itself says zero, one or two.
    assert {tag: single_number_forms(read(CATALOGUES / f"{tag}.po")) for tag in ("ar", "de", "zh")} == {
        "ar": {0, 1, 2},
        "de": {0},
        "zh": frozenset(),
    }


def test_a_catalogue_is_brought_up_to_date_and_compiled(tmp_path: Path):
    path = tmp_path / "de.po"
    gathered = Catalog()
    gathered.add("Save")
    gathered.add(("%(num)s post", "%(num)s posts"))
    update(path, gathered)
    assert not is_complete(read_catalogue(path))

    text = path.read_text().replace('msgid "Save"\nmsgstr ""', 'msgid "Save"\nmsgstr "Speichern"')
    path.write_text(
        text.replace('[0] ""', '[0] "%(num)s Beitrag"').replace('[1] ""', '[1] "%(num)s Beiträge"')
    )
    os.utime(path, (2_000_000_000, 2_000_000_000))
    translated = read_catalogue(path)
    assert is_complete(translated)
    assert translated.gettext("Save") == "Speichern"
    assert translated.ngettext("%(num)s post", "%(num)s posts", 2) == "%(num)s Beiträge"
    # What is compiled is as new as its source, and is read without it.
    os.utime(path, (1, 1))
    path.write_text("")
    os.utime(path, (1, 1))
    assert read_catalogue(path).gettext("Save") == "Speichern"

    gathered = Catalog()
    gathered.add("Save")
    gathered.add("Send")
    path.write_text(text)
    update(path, gathered)
    assert 'msgstr "Speichern"' in path.read_text() and "posts" not in path.read_text()
    update(path, gathered)
    before = path.read_bytes()
    update(path, gathered)
    assert path.read_bytes() == before


def test_a_compiled_catalogue_that_is_damaged_is_made_anew_and_everybody_can_read_it(tmp_path: Path):
    path, gathered = tmp_path / "de.po", Catalog()
    gathered.add("Save")
    update(path, gathered)
    path.write_text(path.read_text().replace('msgid "Save"\nmsgstr ""', 'msgid "Save"\nmsgstr "Speichern"'))
    compiled = path.with_suffix(".mo")
    for damaged in (
        b"",
        b"\xde\x12\x04\x95 cut off",
        b"no catalogue",
        compile_catalogue(path).replace(b"charset=utf-8", b"charset=utf-x"),
    ):
        compiled.write_bytes(damaged)
        os.utime(compiled, (2_000_000_000, 2_000_000_000))
        assert read_catalogue(path).gettext("Save") == "Speichern"
    assert stat.filemode(compiled.stat().st_mode) == "-rw-r--r--"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["de.mo", "de.po"]


@pytest.mark.parametrize(
    "damaged",
    [
        b'msgid "Save"\nmsgstr "\xff"\n',
        b"\x00\x01",
        b'"Content-Type: text/plain; charset=none\\n"\nmsgid "Save"',
        b'msgid ""\nmsgstr "Content-Type: text/plain; charset=none\\n"\n',
    ],
)
def test_a_damaged_catalogue_only_leaves_its_language_out(tmp_path: Path, damaged: bytes):
    path = tmp_path / "de.po"
    path.write_bytes(damaged)
    assert not is_complete(read_catalogue(path))
    assert [file.name for file in tmp_path.iterdir()] == ["de.po"]


def test_french_punctuation_stands_behind_no_break_spaces():
    assert spaced_as_french("Qui ? « Moi » : oui !") == "Qui\u202f? «\u00a0Moi\u00a0»\u00a0: oui\u202f!"
    # What has no blank there, such as an address or an entity, stays as it is.
    assert spaced_as_french("https://x.org?a=1 &amp; b") == "https://x.org?a=1 &amp; b"


@pytest.mark.parametrize("tag", sorted(path.stem for path in CATALOGUES.glob("*.po")))
def test_catalogues_are_in_order(tag: str):
    assert list(problems(read(CATALOGUES / f"{tag}.po"), gather())) == []


def test_the_page_of_terms_says_what_the_catalogues_say():
    assert PAGE.read_text(encoding="utf-8") == page(), "make messages"


def test_arabic_has_a_form_for_each_of_its_six_plurals():
    arabic = all_languages()["ar"].translations
    one, other = "New in %(count)s topic", "New in %(count)s topics"
    numbers = [(0, 100), (1,), (2,), (3, 10, 103), (11, 99, 111), (100, 101, 102, 200, 1_000_000)]
    forms = [{arabic.npgettext("e-mail", one, other, number) for number in each} for each in numbers]
    assert all(len(each) == 1 for each in forms[1:])
    assert len(set().union(*forms)) == 6

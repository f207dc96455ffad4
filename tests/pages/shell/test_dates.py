"""Dates, lengths of time, names and refusals of forms in the language of the page."""

from datetime import datetime, timedelta, timezone

import pytest
from msgspec import Struct

from core.languages.languages import ENGLISH, Language
from core.languages.texts import speaking
from core.text import Line
from members.profiles.countries import countries_in
from pages.shell.dates import date, day, moment, span, utc_date
from pages.shell.forms import FieldNotAcceptable, to_shape
from pages.shell.jinja import browser
from tests.support.languages import marked_language

FRENCH, ARABIC = marked_language("fr"), marked_language("ar")
# Still the third in UTC.
EARLY = datetime(2026, 5, 4, 1, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("language", "short", "weekday", "shown"),
    [
        (ENGLISH, "3 May 2026", "Sun 3 May", "3 May 2026, 23:30 UTC"),
        (FRENCH, "3 mai 2026", "dim. 3 mai", "fr|3 mai 2026, 23:30 UTC"),
        (ARABIC, "3 مايو 2026", "الأحد، 3 مايو", "ar|3 مايو 2026, 23:30 UTC"),
    ],
    ids=lambda one: one.tag if isinstance(one, Language) else "",
)
def test_dates_are_written_as_the_language_writes_them(
    language: Language, short: str, weekday: str, shown: str
) -> None:
    with speaking(language):
        assert (utc_date(EARLY), day(EARLY)) == (short, weekday)
        assert moment(EARLY) == f'<time datetime="2026-05-03T23:30:00Z" data-moment>{shown}</time>'
        assert date(EARLY) == f'<time datetime="2026-05-03T23:30:00Z" title="{shown}">{short}</time>'


def test_a_length_of_time_is_one_text_in_its_largest_unit() -> None:
    lengths = (0, 1, 90, 60, 300, 3_600, 7_200, 86_400, 172_800)
    in_english = [
        "no time",
        "a second",
        "90 seconds",
        "a minute",
        "5 minutes",
        "an hour",
        "2 hours",
        "a day",
        "2 days",
    ]
    assert [span(length) for length in lengths] == in_english
    with speaking(FRENCH):
        assert [span(length) for length in lengths] == [f"fr|{words}" for words in in_english]


def test_a_browser_is_named_in_the_language_of_the_page() -> None:
    with speaking(FRENCH):
        assert browser("Mozilla/5.0 (Windows NT 10.0) Firefox/140.0") == "fr|Firefox on Windows"
        assert browser("") == "fr|Unknown client"


def test_countries_are_named_and_sorted_in_the_language() -> None:
    german = dict(countries_in(marked_language("de")))
    assert german["AT"] == "Österreich" and dict(countries_in(ENGLISH))["AT"] == "Austria"
    order = list(german.values())
    assert order.index("Norwegen") < order.index("Österreich") < order.index("Pakistan")


def test_what_is_wrong_with_a_field_is_said_in_the_language_of_the_page() -> None:
    class Named(Struct):
        name: Line

    with pytest.raises(FieldNotAcceptable) as refused:
        to_shape(Named, {"name": "a" * 10_000})
    english = refused.value.detail
    assert english.startswith("This is too long: at most ") and english.endswith(" characters.")
    with speaking(FRENCH):
        assert refused.value.detail == f"fr|{english}"

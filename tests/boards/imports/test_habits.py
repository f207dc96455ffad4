"""Numbers and dates as people write them: what they mean, what they show of a file's habit, and what has to be asked."""

import pytest

from boards.imports.habits import Ambiguous, Habits, find_habits, read_date, read_number
from boards.imports.units import split_unit


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("-3", -3),
        ("−3,5", -3.5),
        ("+4", 4),
        ("1234,5", 1234.5),
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("1.234.567", 1_234_567),
        ("1,234,567", 1_234_567),
        ("1,00,000", 100_000),
        ("1 234 567,8", 1_234_567.8),
        ("1\u202f234,567", 1234.567),
        ("1'234.5", 1234.5),
        ("1’234’567", 1_234_567),
        ("0.123", 0.123),
        ("0,125", 0.125),
        ("12,3456", 12.3456),
        (".5", 0.5),
        ("1.5e3", 1500),
        ("٣٬٤٥٠٫٥", 3450.5),
        ("१२", 12),
        ("１２．５", 12.5),
        ("(1,234.56)", -1234.56),
        ("( 5 )", -5),
        ("1.234,5-", -1234.5),
        ("－5", -5),
        ("\u200e12\u200f", 12),
    ],
)  # fmt: skip
def test_a_number_that_has_one_meaning_is_read(text: str, number: float) -> None:
    assert read_number(text, None) == read_number(text, ".") == read_number(text, ",") == number


@pytest.mark.parametrize("text", ["1.234", "1,234", "999,999", "12.345"])
def test_a_number_with_two_meanings_is_asked(text: str) -> None:
    with pytest.raises(Ambiguous):
        read_number(text, None)
    assert {read_number(text, "."), read_number(text, ",")} == {
        float(text.replace(",", ".")),
        float(text.replace(",", "").replace(".", "")),
    }


@pytest.mark.parametrize(
    "text", ["", "x", "10²", "5 kg", "2010 2012", "1.2.3", "1.234 567", "12.345.67", "1,2,3", "--1", "٫"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text, ".") is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-05-03", "2026-05-03"),
        ("2026/5/3", "2026-05-03"),
        ("2026.05.03", "2026-05-03"),
        ("2026-05-03T14:30:00", "2026-05-03"),
        ("2026-05-03 14:30", "2026-05-03"),
        ("2026年5月3日", "2026-05-03"),
        ("3.5.2026", "2026-05-03"),
        ("13/04/2026", "2026-04-13"),
        ("04/13/2026", "2026-04-13"),
        ("05/05/2026", "2026-05-05"),
        ("31-12-2026", "2026-12-31"),
        ("3 May 2026", "2026-05-03"),
        ("May 3, 2026", "2026-05-03"),
        ("May 3rd, 2026", "2026-05-03"),
        ("3-Apr-2026", "2026-04-03"),
        ("3. Mai 2026", "2026-05-03"),
        ("1er février 2026", "2026-02-01"),
        ("3 de mayo de 2026", "2026-05-03"),
        ("3 de março de 2026", "2026-03-03"),
        ("٣ مايو ٢٠٢٦", "2026-05-03"),
        ("٢٠٢٦/٠٥/٠٣", "2026-05-03"),
        ("2026-W18-7", "2026-05-03"),
        ("20260503", "2026-05-03"),
        ("2026-05-03Z", "2026-05-03"),
        ("2026-05-03, 14:30", "2026-05-03"),
        ("2026. 5. 3.", "2026-05-03"),
        ("2026 年 5 月 3 日", "2026-05-03"),
        ("dimanche 3 mai 2026", "2026-05-03"),
        ("Sun, 3 May 2026 10:00:00 +0000", "2026-05-03"),
        ("Sonntag, 3. Mai 2026", "2026-05-03"),
        ("3 Jänner 2026", "2026-01-03"),
        ("3 كانون الثاني 2026", "2026-01-03"),
        ("٣ أيار ٢٠٢٦", "2026-05-03"),
        ("\u200f2026-05-03\u200e", "2026-05-03"),
        ("1750-05-03", "1750-05-03"),
    ],
)  # fmt: skip
def test_a_date_that_has_one_meaning_is_read(text: str, day: str) -> None:
    assert read_date(text, None) == read_date(text, "dmy") == read_date(text, "mdy") == day


def test_white_space_before_no_time_takes_no_time() -> None:
    assert read_date("2026-05-03" + " " * 200_000 + "x", None) is None


def test_the_currency_of_a_column_is_no_part_of_its_numbers() -> None:
    amounts = ["€ 1.234,50", "7 €", "(5 €)", "8"]
    habits, asked = find_habits({"A": amounts, "B": ["$5", "€5"], "C": ["USD 5"]}, {}, Habits())

    assert [split_unit(text)[0] for text in amounts] == ["1.234,50", "7", "(5)", "8"]
    assert (habits["A"].unit, habits["A"].decimals, asked) == ("€", ",", {})
    assert (habits["B"].unit, habits["C"].unit) == (None, "USD")
    assert [split_unit(text) for text in ("5 kg", "100 ABC", "R$ 10")] == [
        ("5 kg", ""),
        ("100 ABC", ""),
        ("10", "R$"),
    ]


def test_a_date_with_two_meanings_is_asked() -> None:
    for text in ("03/04/2026", "3-4-2026", "03/04/2026 14:30"):
        with pytest.raises(Ambiguous) as found:
            read_date(text, None)
        assert found.value.readings == ("2026-04-03", "2026-03-04")
        assert (read_date(text, "dmy"), read_date(text, "mdy")) == found.value.readings


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "46145",
        "1447/05/03",
        "2569.5.3",
        "3/5/2569",
        "99999999",
        "2026-W60-1",
        "May 3 1",
        "2026-05",
        "31/02/2026",
        "2026-13-01",
        "3/4/26",
        "May 2026",
        "3 Foo 2026",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text, "dmy") is None


def test_clear_cells_tell_the_habit_of_their_column_and_of_the_file() -> None:
    numbers = {"A": ["1.234", "1.234,5"], "B": ["5.678"], "C": ["x"]}
    dates = {"D": ["03/04/2026", "13/04/2026"], "E": ["05/06/2026"]}

    habits, asked = find_habits(numbers, dates, Habits())

    assert (habits["A"].decimals, habits["B"].decimals) == (",", ",")
    assert (habits["D"].dates, habits["E"].dates, asked) == ("dmy", "dmy", {})


def test_what_no_cell_tells_is_asked_and_the_answer_decides() -> None:
    numbers, dates = {"A": ["1.234", "5.678"]}, {"B": ["03/04/2026"]}

    habits, asked = find_habits(numbers, dates, Habits())
    assert (habits["A"].decimals, habits["B"].dates) == (None, None)
    assert asked == {"decimals": "5.678", "dates": "03/04/2026"}

    habits, asked = find_habits(numbers, dates, Habits(dates="mdy", decimals=","))
    assert (habits["A"].decimals, habits["B"].dates, asked) == (",", "mdy", {})


def test_a_column_that_shows_two_habits_is_asked_unless_no_cell_is_ambiguous() -> None:
    mixed = ["1.234,5", "1,234.5"]
    assert find_habits({"A": mixed}, {}, Habits())[1] == {}
    assert find_habits({"A": [*mixed, "1.234"]}, {}, Habits())[1] == {"decimals": "1.234"}

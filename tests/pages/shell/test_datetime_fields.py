"""Tests of typed local times: a time that does not exist or occurs twice is told, never moved."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from pages.shell.datetime_fields import TimeRepeated, TimeSkipped, moment_of, typed_of, zone_of
from pages.shell.forms import FieldNotAcceptable
from tests.support.pages import open_page, send
from tests.support.people import a_person
from tests.support.service import Service


def typed(text: str, offset: str = "") -> dict[str, Sequence[str]]:
    return {"at": [text], "at_offset": [offset]}


@pytest.mark.parametrize(
    ("zone", "text", "others"),
    [
        ("Europe/Vienna", "2026-03-29T02:30", ("01:30", "03:30")),
        ("Europe/Vienna", "2026-03-29T02:00", ("01:00", "03:00")),
        ("America/New_York", "2026-03-08T02:59", ("01:59", "03:59")),
        ("Australia/Lord_Howe", "2026-10-04T02:15", ("01:45", "02:45")),
        ("Pacific/Apia", "2011-12-30T12:00", ("12:00", "12:00")),
    ],
)
def test_a_time_that_the_clocks_skip_is_refused_with_its_neighbours(
    zone: str, text: str, others: tuple[str, str]
) -> None:
    with pytest.raises(TimeSkipped) as refused:
        moment_of(typed(text), "at", zone_of(zone))

    assert refused.value.field == "at" and refused.value.code == "time_skipped"
    assert text[11:] in refused.value.detail and all(other in refused.value.detail for other in others)


def test_of_a_time_that_occurs_twice_the_person_chooses() -> None:
    zone = zone_of("Europe/Vienna")
    with pytest.raises(TimeRepeated) as refused:
        moment_of(typed("2026-10-25T02:30"), "at", zone)

    assert list(refused.value.offsets) == ["UTC+02:00", "UTC+01:00"]
    with pytest.raises(TimeRepeated):
        moment_of(typed("2026-10-25T02:30", "UTC+05:00"), "at", zone)
    first = moment_of(typed("2026-10-25T02:30", "UTC+02:00"), "at", zone)
    second = moment_of(typed("2026-10-25T02:30", "UTC+01:00"), "at", zone)
    assert first.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert second.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-03-29T01:59", "2026-03-29T03:00", "2026-10-25T01:59", "2026-10-25T03:00"]
)
def test_the_minutes_around_are_taken_as_typed(text: str) -> None:
    at = moment_of(typed(text), "at", zone_of("Europe/Vienna"))

    assert f"{at:%Y-%m-%dT%H:%M}" == text


@pytest.mark.parametrize("hour", [0, 1])
def test_a_stored_time_comes_back_as_it_was(hour: int) -> None:
    at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)

    shown = typed_of("at", at, "Europe/Vienna")

    assert moment_of(shown, "at", zone_of("Europe/Vienna")).astimezone(UTC) == at


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30T10:00", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_what_is_no_time_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(FieldNotAcceptable):
        moment_of(
            typed(text or "x"),
            "at",
            zone_of("Etc/GMT-14" if text.startswith("0001") else "Etc/GMT+12"),
        )


async def test_an_event_in_the_repeated_hour_is_announced_once_the_hour_is_chosen(app: Service) -> None:
    amina = await a_person(app, duties=[("administrator", None)])
    facts = {
        "sector": "mobility",
        "title": "Night shift",
        "kind": "webinar",
        "mode": "virtual",
        "time_zone": "Europe/Vienna",
        "starts_at": "2099-10-25T02:30",
        "ends_at": "2099-10-25T05:00",
    }
    skipped = await send(amina, "/g/new", **facts | {"starts_at": "2099-03-29T02:30"})
    assert skipped.status_code == 422 and "does not exist on 29 Mar 2099" in skipped.text

    asked = await send(amina, "/g/new", **facts)
    assert asked.status_code == 422 and "occurs twice" in asked.text
    assert 'name="starts_at_offset" value="UTC+02:00"' in asked.text and "Night shift" in asked.text
    made = await send(amina, "/g/new", **facts | {"starts_at_offset": "UTC+01:00"})

    assert made.status_code == 303
    listed = (await amina.get("/gatherings")).json()["items"]
    assert [one["starts_at"] for one in listed if one["title"] == "Night shift"] == ["2099-10-25T01:30:00Z"]
    assert await open_page(amina, made.headers["location"])

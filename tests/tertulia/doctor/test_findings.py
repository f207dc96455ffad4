"""Where the limits of the doctor's checks are."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import clock
from core.disk import Disk
from members.emails.outbox_state import OutboxState
from tertulia.doctor.database_checks import judge_clock
from tertulia.doctor.findings import warning
from tertulia.doctor.reach_checks import GIGABYTE, judge_certificate, judge_disk
from tertulia.doctor.setting_checks import check_settings
from tertulia.doctor.work_checks import judge_backlog, judge_outbox
from tertulia.settings import read_settings

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_finding_is_one_line_with_what_to_do() -> None:
    assert warning("disk", "It is full.", "Make room.").line == "warning  disk: It is full. Make room."


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(0, "ok"), (-1, "ok"), (3, "warning"), (-3, "warning"), (31, "wrong"), (-90, "wrong")],
)
def test_clocks(seconds: int, state: str) -> None:
    assert judge_clock(timedelta(seconds=seconds)).state == state


@pytest.mark.parametrize(
    ("free", "total", "state"),
    [(100, 200, "ok"), (6, 100, "warning"), (4, 20, "warning"), (0.5, 20, "wrong"), (20, 1000, "wrong")],
)
def test_disks(free: float, total: int, state: str) -> None:
    assert judge_disk(Disk(Path("/"), int(free * GIGABYTE), total * GIGABYTE), GIGABYTE).state == state


@pytest.mark.parametrize(("days", "state"), [(60, "ok"), (15, "ok"), (13, "warning")])
def test_certificates(days: int, state: str) -> None:
    assert judge_certificate("forum.example", NOW + timedelta(days=days), NOW).state == state


@pytest.mark.parametrize(
    ("stuck", "given_up", "is_held", "state"),
    [(0, 0, False, "ok"), (1, 0, False, "wrong"), (1, 0, True, "ok"), (0, 1, False, "warning")],
)
def test_emails(stuck: int, given_up: int, is_held: bool, state: str) -> None:
    with clock.stop_at(NOW):
        found = judge_outbox(OutboxState(1, NOW, NOW, stuck, 1, given_up), 2, is_held=is_held)
    assert found.state == state
    assert "2 addresses of members refuse" in found.text


@pytest.mark.parametrize(("seconds", "state"), [(0, "ok"), (59, "ok"), (61, "warning"), (601, "wrong")])
def test_backlogs(seconds: int, state: str) -> None:
    with clock.stop_at(NOW):
        assert judge_backlog("jobs", 3, NOW - timedelta(seconds=seconds)).state == state
        assert judge_backlog("jobs", 0, None).state == "ok"


@pytest.mark.parametrize(
    ("environment", "check", "state"),
    [
        ({}, "mail server", "warning"),
        ({"TERTULIA_SMTP_URL": "smtp://mail.example"}, "sender", "warning"),
        ({"TERTULIA_PUBLIC_URL": "http://forum.example"}, "encryption", "warning"),
        ({"TERTULIA_PUBLIC_URL": "https://forum.example"}, "encryption", "ok"),
        ({"TERTULIA_PUBLIC_URL": "https://forum.example"}, "proxies", "warning"),
        ({"TERTULIA_TRUSTED_PROXIES": "127.0.0.1, proxy"}, "proxies", "warning"),
        ({"TERTULIA_RATE_LIMITS": "off"}, "rate limits", "warning"),
        ({"TERTULIA_COMMUNITY": "/nowhere.json"}, "community file", "wrong"),
        ({"TERTULIA_COMMUNITY": __file__}, "community file", "wrong"),
        ({}, "community file", "ok"),
    ],
)
def test_settings(environment: dict[str, str], check: str, state: str) -> None:
    findings = {one.check: one.state for one in check_settings(read_settings(environment))}
    assert findings[check] == state

"""The settings from the environment, and the rate limits."""

import asyncio
import logging
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from time import monotonic

import msgspec
import pytest
from redis.asyncio import Redis

from core.errors import TooMany
from tertulia.http import rate_limits
from tertulia.http.rate_limits import LIMITS, Limit, Limiter, address_key
from tertulia.logs import access, set_up_logs
from tertulia.settings import HELP, BadSettings, Settings, environment_of, read_settings, variable
from tests.support.programs import Redis as Server
from tests.support.programs import redis_url


def test_every_setting_has_a_variable_and_a_line_of_help() -> None:
    assert set(HELP) == set(Settings.__struct_fields__)
    assert variable("database_url") == "DATABASE_URL"
    assert variable("port") == "TERTULIA_PORT"


def test_arguments_override_the_environment() -> None:
    settings = read_settings(
        {"TERTULIA_PORT": "9000", "REDIS_URL": "redis://x", "TERTULIA_RATE_LIMITS": "off"}, port=7
    )
    assert (settings.port, settings.redis_url, settings.rate_limits) == (7, "redis://x", False)
    assert settings.url == "http://127.0.0.1:7"
    assert "http://localhost:7" in settings.allowed_origins


def test_a_child_process_reads_all_settings_of_its_parent(tmp_path: Path) -> None:
    other = {Path: tmp_path, bool: False, int: 7, str: "something.else"}
    changes = {
        name: other[type(value)]
        for name, value in msgspec.structs.asdict(Settings()).items()
        if name not in ("log", "data", "community")
    }
    changes |= {"log": "json", "data": tmp_path / "data", "community": tmp_path / "community.json"}
    settings = Settings(**changes)
    assert all(value != getattr(settings, name) for name, value in msgspec.structs.asdict(Settings()).items())
    inherited = {variable(name): "99" for name in Settings.__struct_fields__}
    assert read_settings(inherited | environment_of(settings)) == settings
    assert read_settings(inherited | environment_of(Settings())) == Settings()


@pytest.mark.parametrize(
    "environment",
    [
        {"TERTULIA_PROT": "9000"},
        {"TERTULIA_PORT": "many"},
        {"TERTULIA_PORT": "70000"},
        {"TERTULIA_WORKERS": "2"},
        {"TERTULIA_WORKERS": "0"},
        {"TERTULIA_LOG": "loud"},
        {"TERTULIA_RATE_LIMITS": "off", "TERTULIA_PUBLIC_URL": "https://forum.example"},
    ],
)
def test_invalid_settings_are_explained(environment: dict[str, str]) -> None:
    with pytest.raises(BadSettings):
        read_settings(environment)


def test_https_accepts_only_the_configured_origins() -> None:
    settings = read_settings(
        {"TERTULIA_PUBLIC_URL": "https://Forum.example/", "TERTULIA_ORIGINS": "https://other.example"}
    )
    assert settings.allowed_origins == {"https://forum.example", "https://other.example"}
    assert settings.is_secure


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = redis_url()
    yield running
    running.close()


@pytest.fixture(params=["memory", "redis"])
def limiter(request: pytest.FixtureRequest, server: Server, monkeypatch: pytest.MonkeyPatch) -> Limiter:
    monkeypatch.setitem(LIMITS, "test", Limit(1, 2.0, 3))
    return Limiter(Redis.from_url(server.url) if request.param == "redis" else None)


async def test_a_burst_is_allowed_and_then_a_steady_rate(limiter: Limiter) -> None:
    who = f"member:{id(limiter)}"
    for _ in range(3):
        await limiter.count("test", who)
    with pytest.raises(TooMany) as refusal:
        await limiter.count("test", who)
    assert 0 < refusal.value.retry_after <= 2
    await limiter.count("test", who + "0")
    await asyncio.sleep(refusal.value.retry_after)
    await limiter.count("test", who)


async def test_concurrent_requests_are_counted_exactly(limiter: Limiter) -> None:
    who, started = f"crowd:{id(limiter)}", monotonic()
    results = await asyncio.gather(*(limiter.count("test", who) for _ in range(50)), return_exceptions=True)
    # Three in a burst, and one more for every two seconds that the requests took.
    assert 3 <= sum(result is None for result in results) <= 4 + (monotonic() - started) / 2


async def test_rate_limits_work_while_redis_is_away(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, "test", Limit(1, 60.0, 1))
    limiter = Limiter(Redis.from_url("unix:///nowhere/at/all"))
    await limiter.count("test", "a")
    with pytest.raises(TooMany):
        await limiter.count("test", "a")


def test_ipv6_networks_share_a_limit() -> None:
    assert address_key("2001:db8:1:2:3:4:5:6") == address_key("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert address_key("::ffff:192.0.2.1") == address_key("192.0.2.1") == "192.0.2.1"
    assert address_key("") == ""
    assert rate_limits.FORMS.keys()
    assert set(rate_limits.FORMS.values()) <= set(LIMITS)


@pytest.mark.parametrize("kind", ["text", "json"])
def test_each_request_is_one_line_in_the_log(kind: str) -> None:
    written = StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        set_up_logs(kind, stream=written)
        access.write("GET", "/a\nb\x1b[2J", 200, 1.5, "0123456789abcdef")
    finally:
        access.to(None)
        logging.getLogger().handlers[:], level = before
        logging.getLogger().setLevel(level)
    lines = written.getvalue().splitlines()
    assert len(lines) == 1
    assert "0123456789abcdef" in lines[0]
    assert "\x1b" not in lines[0]

"""compose.yaml and the files it uses, compared with the settings, commands and addresses of the service."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import pytest
import yaml

from storage.embedded import postgres as postgres_module
from tertulia.cli import cli
from tertulia.settings import Settings, read_settings, variable

ROOT = Path(__file__).parents[2]
ENV = {
    "POSTGRES_PASSWORD": "secret",
    "SERVICE_PASSWORD": "another",
    "TERTULIA_PUBLIC_URL": "https://forum.example.org",
}
OURS = ("web-1", "web-2", "worker", "migrate")


def fill_in(value: Any, env: dict[str, str]) -> Any:
    """Replace ${NAME:-default} and ${NAME:?message}, as Compose does."""
    if isinstance(value, dict):
        return {key: fill_in(each, env) for key, each in value.items()}
    if isinstance(value, list):
        return [fill_in(each, env) for each in value]
    if not isinstance(value, str):
        return value

    def one(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        if kind == ":?" and not env.get(name):
            raise KeyError(rest)
        return env.get(name) or rest or ""

    return re.sub(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}", one, value)


def read_compose(**env: str) -> dict[str, Any]:
    return fill_in(yaml.safe_load((ROOT / "compose.yaml").read_text()), {**ENV, **env})


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return read_compose()


@pytest.fixture(scope="module")
def services(compose) -> dict[str, Any]:
    return compose["services"]


def settings_of(service: dict[str, Any]) -> Settings:
    return read_settings(service["environment"])


@pytest.mark.parametrize("name", OURS)
def test_variables_are_known_and_required_ones_are_present(services, name):
    environment = services[name]["environment"]

    assert set(environment) <= {variable(field) for field in Settings.__struct_fields__}
    settings = settings_of(services[name])
    assert settings.database_url
    assert settings.redis_url
    assert settings.is_secure
    assert settings.rate_limits


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "SERVICE_PASSWORD"])
def test_nothing_starts_without_a_password(name):
    with pytest.raises(KeyError, match=r"put one in \.env"):
        read_compose(**{name: ""})


def test_the_default_public_url_is_localhost():
    passwords = {name: value for name, value in ENV.items() if name.endswith("PASSWORD")}
    services = fill_in(yaml.safe_load((ROOT / "compose.yaml").read_text()), passwords)["services"]

    assert (
        settings_of(services["web-1"]).url
        == services["proxy"]["environment"]["TERTULIA_PUBLIC_URL"]
        == "http://localhost"
    )


@pytest.mark.parametrize("name", OURS)
def test_every_command_exists(services, name):
    command, *arguments = services[name]["command"]

    assert command in cli.list_commands(click.Context(cli))
    assert not arguments


@pytest.mark.parametrize("name", OURS)
def test_addresses_point_to_postgres_and_redis(services, name):
    settings = settings_of(services[name])

    database, given = urlsplit(settings.database_url), services["postgres"]["environment"]
    assert (database.scheme, database.hostname, database.port) == ("postgresql", "postgres", 5432)
    assert database.username not in (None, given["POSTGRES_USER"])
    assert database.password not in (None, given["POSTGRES_PASSWORD"])
    assert database.path == "/" + given["POSTGRES_DB"]
    redis = urlsplit(settings.redis_url)
    assert (redis.scheme, redis.hostname, redis.port) == ("redis", "redis", 6379)


def test_only_the_migration_uses_the_owner_of_the_database(services):
    given = services["postgres"]["environment"]

    owner = urlsplit(settings_of(services["migrate"]).owner_url)
    assert (owner.username, owner.password) == (given["POSTGRES_USER"], given["POSTGRES_PASSWORD"])
    assert owner._replace(netloc="") == urlsplit(settings_of(services["migrate"]).database_url)._replace(
        netloc=""
    )
    for name in set(OURS) - {"migrate"}:
        assert given["POSTGRES_PASSWORD"] not in str(services[name]["environment"])


def test_compose_and_the_embedded_database_have_the_same_version(services):
    postgres = services["postgres"]
    chosen = dict(re.findall(r"-c (\w+)=(\S+)", postgres["command"]))

    assert postgres["image"] == f"postgres:{postgres_module.MAJOR}"
    assert chosen == {name: postgres_module._SETTINGS[name] for name in chosen}
    assert set(postgres["environment"]["POSTGRES_INITDB_ARGS"].split()) <= set(postgres_module._INITDB)
    # The image of this version keeps its data here; in another folder it would be lost with the container.
    assert "database:/var/lib/postgresql" in postgres["volumes"]


def test_the_database_allows_enough_connections(services):
    most = int(re.search(r"max_connections=(\d+)", services["postgres"]["command"])[1])

    assert sum(settings_of(services[name]).pool for name in OURS) <= most - 10


def test_web_processes_are_identical_and_known_to_the_proxy(services):
    assert services["web-1"] == services["web-2"]
    settings = settings_of(services["web-1"])

    assert settings.host == "0.0.0.0"
    assert upstreams() == [f"web-1:{settings.port} web-2:{settings.port}"] * 2
    assert f"127.0.0.1:{settings.port}/health" in services["web-1"]["healthcheck"]["test"][-1]


def test_only_the_proxy_is_public_and_metrics_are_private(services):
    settings = settings_of(services["web-1"])

    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}
    assert [port.split(":")[0] for port in services["proxy"]["ports"]] == ["80", "443", "443"]
    assert settings.metrics_port not in (0, settings.port)
    assert str(settings.metrics_port) not in caddyfile()
    assert re.search(r"@private path .*/metrics\b", caddyfile())


def test_the_proxy_forwards_web_sockets_without_buffering():
    assert re.search(r"^\treverse_proxy /live ", caddyfile(), re.M)
    # Caddy forwards upgrades to web sockets unless a directive removes the header.
    for word in ("cache", "-Upgrade", "-Connection", "buffer", "Cache-Control"):
        assert word not in caddyfile()
    assert caddyfile().count("\t\timport take_turns\n") == 2


def test_the_proxy_does_not_trust_forwarded_addresses():
    assert "trusted_proxies" not in caddyfile()
    assert "X-Forwarded-For" not in caddyfile()


def test_services_start_after_the_migration_and_their_dependencies(services):
    ready = {name: service.get("depends_on", {}) for name, service in services.items()}

    assert ready["migrate"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("web-1", "web-2", "worker"):
        assert ready[name]["migrate"] == {"condition": "service_completed_successfully"}
        assert ready[name]["redis"] == {"condition": "service_healthy"}
    assert set(ready["proxy"]) == {"web-1", "web-2"}


def test_dependencies_have_health_checks_and_time_to_stop(services):
    for service in services.values():
        assert "stop_grace_period" in service
        for name, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert services[name]["healthcheck"]["test"][0] == "CMD"


def test_persistent_data_is_in_volumes(compose, services):
    for name in OURS:
        data = str(settings_of(services[name]).data)
        assert any(volume.endswith(f":{data}") for volume in services[name]["volumes"])
    named = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert {name for name in named if not name.startswith(".")} == set(compose["volumes"])


def test_the_image_uses_locked_packages_and_an_unprivileged_user():
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert "--require-hashes -r requirements.lock" in dockerfile
    assert "\nUSER tertulia\n" in dockerfile
    assert 'ENTRYPOINT ["tertulia"]' in dockerfile


def test_the_package_contains_every_data_file(tmp_path):
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    rooms = (ROOT / "pyproject.toml").read_text().split("packages = [", 1)[1].split("]")[0]
    expected = {path for path in tracked if f'"{path.split("/")[0]}"' in rooms and (ROOT / path).is_file()}

    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )

    carried = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    assert expected - carried == set()
    assert not any(name.startswith(("tests/", "bench/", "data/")) for name in carried)


def caddyfile() -> str:
    lines = (ROOT / "deploy" / "Caddyfile").read_text().splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith("#"))


def upstreams() -> list[str]:
    return re.findall(r"reverse_proxy (?:/\S+ )?(.+) \{", caddyfile())

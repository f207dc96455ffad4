"""compose.yaml and the files that it uses, compared with the settings, commands and addresses of the service."""

import re
from urllib.parse import urlsplit

import click
import pytest
import yaml

from storage.embedded import postgres as postgres_module
from tertulia.cli import cli
from tertulia.http.draining import GRACE
from tests.deploy.compose_file import OURS, ROOT, WRITABLE, fill_in


@pytest.mark.parametrize("name", OURS)
def test_variables_are_known_and_required_ones_are_present(services, settings_of, name):
    settings = settings_of(services[name])
    assert settings.database_url
    assert settings.redis_url
    assert settings.is_secure
    assert settings.rate_limits
    assert settings.smtp_url == ""


def test_the_default_public_url_is_localhost(settings_of):
    services = fill_in(yaml.safe_load((ROOT / "compose.yaml").read_text()), {})["services"]

    assert (
        settings_of(services["web-1"]).url
        == services["proxy"]["environment"]["TERTULIA_PUBLIC_URL"]
        == "http://localhost"
    )


@pytest.mark.parametrize("name", OURS)
def test_every_command_exists(services, name):
    words = services[name]["command"]
    if name == "backup":
        words = re.findall(r"tertulia (\w+ [^;]+);", words[0])[0].split()
    command, *arguments = words

    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    found.make_context(command, list(arguments), resilient_parsing=False)


@pytest.mark.parametrize("name", OURS)
def test_addresses_point_to_postgres_and_redis(services, settings_of, secrets, name):
    settings = settings_of(services[name])

    database, given = urlsplit(settings.database_url), services["postgres"]["environment"]
    assert (database.scheme, database.hostname, database.port) == ("postgresql", "postgres", 5432)
    assert database.username not in (None, given["POSTGRES_USER"])
    assert database.password not in (None, (secrets / "postgres_password").read_text().strip())
    assert database.path == "/" + given["POSTGRES_DB"]
    redis = urlsplit(settings.redis_url)
    assert (redis.scheme, redis.hostname, redis.port) == ("redis", "redis", 6379)


def test_only_the_migration_uses_the_owner_of_the_database(services, settings_of, secrets):
    given = services["postgres"]["environment"]

    assert given["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres_password"
    owner = urlsplit(settings_of(services["migrate"]).owner_url)
    password = (secrets / "postgres_password").read_text().strip()
    assert (owner.username, owner.password) == (given["POSTGRES_USER"], password)
    assert owner._replace(netloc="") == urlsplit(settings_of(services["migrate"]).database_url)._replace(
        netloc=""
    )
    for name in set(services) - {"migrate"}:
        assert "owner_url" not in services[name].get("secrets", [])
    for name in set(OURS):
        assert "postgres_password" not in services[name]["secrets"]


def test_compose_and_the_embedded_database_have_the_same_version(services):
    postgres = services["postgres"]
    chosen = dict(re.findall(r"-c (\w+)=(\S+)", postgres["command"]))

    assert postgres["image"] == f"postgres:{postgres_module.MAJOR}"
    assert chosen == {name: postgres_module._SETTINGS[name] for name in chosen}
    assert set(postgres["environment"]["POSTGRES_INITDB_ARGS"].split()) <= set(postgres_module._INITDB)
    # The image of this version keeps its data here; in another folder it would be lost with the container.
    assert "database:/var/lib/postgresql" in postgres["volumes"]


def test_the_database_allows_enough_connections(services, settings_of):
    most = int(re.search(r"max_connections=(\d+)", services["postgres"]["command"])[1])

    assert sum(settings_of(services[name]).pool for name in OURS) <= most - 10


def test_web_processes_are_identical_and_known_to_the_proxy(services, settings_of):
    assert services["web-1"] == services["web-2"]
    settings = settings_of(services["web-1"])

    assert settings.host == "0.0.0.0"
    assert upstreams() == [f"web-1:{settings.port} web-2:{settings.port}"] * 2
    assert f"127.0.0.1:{settings.port}/health" in services["web-1"]["healthcheck"]["test"][-1]


def test_only_the_proxy_is_public_and_metrics_are_private(services, settings_of):
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
    assert set(ready["backup"]) == {"migrate"}
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


def test_persistent_data_is_in_volumes(compose, services, settings_of):
    for name in OURS:
        data = str(settings_of(services[name]).data)
        assert any(volume.endswith(f":{data}") for volume in services[name]["volumes"])
    named = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert {name for name in named if not name.startswith(".")} == set(compose["volumes"])


def test_running_requests_have_time_to_finish(services, settings_of):
    for name in ("web-1", "web-2"):
        notice = settings_of(services[name]).drain_notice
        interval = int(re.search(r"health_interval (\d+)s", caddyfile())[1])
        assert interval < notice
        assert int(services[name]["stop_grace_period"].removesuffix("s")) > notice + GRACE + 10
    assert int(re.search(r"grace_period (\d+)s", caddyfile())[1]) >= GRACE


@pytest.mark.parametrize("name", [*OURS, "postgres", "redis", "proxy"])
def test_logs_do_not_fill_the_disk(services, name):
    options = services[name]["logging"]["options"]
    assert services[name]["logging"]["driver"] == "json-file"
    assert re.fullmatch(r"\d+m", options["max-size"])
    assert int(options["max-file"]) > 1


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_write_nothing_but_their_data(services, name):
    service = services[name]
    assert (service["read_only"], service["cap_drop"], service["init"]) == (True, ["ALL"], True)
    assert {volume.split(":")[1] for volume in service["volumes"]} <= set(WRITABLE)


def test_every_process_is_asked_where_it_answers(services, settings_of):
    worker = settings_of(services["worker"])
    assert f"127.0.0.1:{worker.worker_metrics_port}/health" in services["worker"]["healthcheck"]["test"][-1]
    # Otherwise the check of the image would ask for a web server.
    assert services["migrate"]["healthcheck"] == {"disable": True}


def test_a_missing_backup_is_noticed(services):
    check = services["backup"]["healthcheck"]["test"]
    command = services["backup"]["command"][0]
    folder = re.search(r"--to (\S+)", command)[1]
    seconds = int(re.search(r"sleep (\d+)", command)[1])
    assert folder in check[1]
    assert seconds < int(re.search(r"-mmin -(\d+)", check[1])[1]) * 60 < 2 * seconds


def caddyfile() -> str:
    lines = (ROOT / "deploy" / "Caddyfile").read_text().splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith("#"))


def upstreams() -> list[str]:
    return re.findall(r"reverse_proxy (?:/\S+ )?(.+) \{", caddyfile())

"""The settings from the environment, and the log of requests."""

import logging
from io import StringIO
from pathlib import Path

import msgspec
import pytest

from tertulia.logs import access, set_up_logs
from tertulia.settings import (
    HELP,
    BadSettings,
    Settings,
    environment_of,
    read_settings,
    variable,
    without_files,
)
from tertulia.translators import make_translator


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
    other = {type(tmp_path): tmp_path, bool: False, int: 7, float: 7.5, str: "something.else"}
    changes = {name: other[type(value)] for name, value in msgspec.structs.asdict(Settings()).items()}
    changes |= {"log": "json", "data": tmp_path / "data", "community": tmp_path / "community.json"}
    changes |= {"public_url": "http://forum.example", "origins": "https://other.example"}
    changes |= {"metrics_port": 8, "worker_metrics_port": 9}
    changes |= {
        "smtp_url": "smtp://mail.example",
        "mail_from": "forum@mail.example",
        "redis_url": "redis://x",
        "translator_url": "https://translate.example",
        "translator_kind": "deepl",
    }
    changes |= dict.fromkeys(("database_url", "owner_url"), "postgresql://somebody@database.example/forum")
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
        {"TERTULIA_TRANSLATOR_URL": "https://translate.example/a b"},
        # The log would say it: "illegal header value".
        {"TERTULIA_TRANSLATOR_URL": "https://translate.example", "TERTULIA_TRANSLATOR_KEY": "secret\n"},
        {"TERTULIA_TRANSLATOR_URL": "https://translate.example", "TERTULIA_TRANSLATOR_KEY": "sécret"},
    ],
)
def test_invalid_settings_are_explained(environment: dict[str, str]) -> None:
    with pytest.raises(BadSettings):
        read_settings(environment)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("TERTULIA_PUBLIC_URL", "forum.example.org", "scheme"),
        ("TERTULIA_PUBLIC_URL", "forum.example.org:8420", "scheme"),
        ("TERTULIA_PUBLIC_URL", "ftp://forum.example.org", "scheme"),
        ("TERTULIA_PUBLIC_URL", "https:///forum", "scheme"),
        ("TERTULIA_PUBLIC_URL", "https://forum.example.org/talk", "host name of its own"),
        ("TERTULIA_PUBLIC_URL", "https://forum.example.org:port", "scheme"),
        ("TERTULIA_PUBLIC_URL", "https://[::1", "scheme"),
        ("TERTULIA_ORIGINS", "https://other.example third.example", "third.example"),
        ("TERTULIA_MAIL_FROM", "forum.example.org", "e-mail address"),
        ("TERTULIA_MAIL_FROM", "The Forum <forum@example.org>", "without a name"),
        ("TERTULIA_MAIL_FROM", "forum@", "e-mail address"),
        ("TERTULIA_MAIL_FROM", "a@example.org\nBcc: all@example.org", "e-mail address"),
        ("TERTULIA_SMTP_URL", "mail.example.org:587", "smtp://"),
        ("TERTULIA_TRANSLATOR_URL", "translate.example.org", "web site"),
        ("TERTULIA_TRANSLATOR_URL", "https://translate.example.org?api_key=1", "TERTULIA_TRANSLATOR_KEY"),
        ("TERTULIA_SMTP_URL", "smtp:///nowhere", "host"),
        ("TERTULIA_SMTP_URL", "smtp://mail.example.org:smtp", "port"),
        ("TERTULIA_SMTP_URL", "smtp://forum:a/b@mail.example.org:587", "%2F"),
        ("TERTULIA_PORT", "80000", "TERTULIA_PORT must be a whole number <= 65535."),
        ("TERTULIA_DRAIN_NOTICE", "long", "TERTULIA_DRAIN_NOTICE must be a number."),
        ("DATABASE_URL", "mysql://forum@database/forum", "postgresql://"),
        ("DATABASE_URL", "database.example/forum", "postgresql://"),
        ("TERTULIA_OWNER_URL", "sqlite:///forum.db", "postgresql://"),
        ("REDIS_URL", "localhost:6379", "redis://"),
        ("TERTULIA_HOST", "0.0.0.0", "TERTULIA_PUBLIC_URL"),
        ("TERTULIA_HOST", "::", "TERTULIA_PUBLIC_URL"),
        ("TERTULIA_METRICS_PORT", "8420", "TERTULIA_PORT"),
        ("TERTULIA_WORKER_METRICS_PORT", "8420", "something else"),
        ("DATABASE_URL_FILE", "/no/such/file", "No such file"),
    ],
)
def test_settings_that_cannot_work_are_named(name: str, value: str, said: str) -> None:
    with pytest.raises(BadSettings) as caught:
        read_settings({name: value})
    assert name in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value).replace(value, "")


@pytest.mark.parametrize(
    "environment",
    [
        {"TERTULIA_PUBLIC_URL": "http://localhost:8420/"},
        {"TERTULIA_PUBLIC_URL": "https://пример.испытание", "TERTULIA_HOST": "0.0.0.0"},
        {"TERTULIA_PUBLIC_URL": "http://[2001:db8::7]:8420", "TERTULIA_HOST": "::"},
        {"TERTULIA_HOST": "192.0.2.7"},
        {"TERTULIA_MAIL_FROM": "forum+news@mail.example.org"},
        {"TERTULIA_SMTP_URL": "smtps://user:p%40ss@mail.example.org"},
        {"DATABASE_URL": "postgresql:///forum?host=/run/postgresql&user=forum"},
        {"REDIS_URL": "unix:///run/redis.sock"},
    ],
)
def test_settings_that_work_are_accepted(environment: dict[str, str]) -> None:
    assert read_settings(environment).data == Path("data")


def test_a_translator_has_a_known_protocol_and_deepl_a_key(tmp_path: Path) -> None:
    given = {"TERTULIA_TRANSLATOR_URL": "https://api-free.deepl.com", "TERTULIA_TRANSLATOR_KIND": "deepl"}
    with pytest.raises(BadSettings, match="needs TERTULIA_TRANSLATOR_KEY"):
        read_settings(given)
    with pytest.raises(BadSettings, match="libretranslate or deepl"):
        read_settings(given | {"TERTULIA_TRANSLATOR_KIND": "babelfish"})
    key = tmp_path / "key"
    key.write_text("secret\n")
    settings = read_settings(given | {"TERTULIA_TRANSLATOR_KEY_FILE": str(key)})
    assert make_translator(settings).key == "secret"
    assert not make_translator(read_settings({})).is_set


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "database_url"
    file.write_text("postgresql://forum:secret@database/forum\n")
    environment = {"DATABASE_URL_FILE": str(file), "TERTULIA_SMTP_URL_FILE": ""}
    settings = read_settings(environment)
    assert settings.database_url == "postgresql://forum:secret@database/forum"
    # A child process gets the value, and no second answer to the same question.
    child = without_files(environment) | environment_of(settings)
    assert read_settings(child) == settings
    with pytest.raises(BadSettings, match="both set"):
        read_settings(environment | {"DATABASE_URL": "postgresql://other/forum"})
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadSettings, match="no text"):
        read_settings(environment)


def test_an_empty_file_is_no_setting(tmp_path: Path) -> None:
    (tmp_path / "smtp_url").write_text("\n")
    assert read_settings({"TERTULIA_SMTP_URL_FILE": str(tmp_path / "smtp_url")}) == read_settings({})


def test_an_address_without_a_password_in_the_sentence() -> None:
    with pytest.raises(BadSettings) as caught:
        read_settings({"DATABASE_URL": "mysql://forum:very-secret@database/forum"})
    assert "very-secret" not in str(caught.value)


def test_https_accepts_only_the_configured_origins() -> None:
    settings = read_settings(
        {"TERTULIA_PUBLIC_URL": "https://Forum.example/", "TERTULIA_ORIGINS": "https://other.example"}
    )
    assert settings.allowed_origins == {"https://forum.example", "https://other.example"}
    assert settings.is_secure


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

"""The settings of the service, read once from the environment and then passed as a value."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from tertulia import settings_rules as rules

PREFIX = "TERTULIA_"
UNPREFIXED = ("DATABASE_URL", "REDIS_URL")
# Of each variable: the name of a file that contains the value.
FILE = "_FILE"

Port = Annotated[int, Meta(ge=0, le=65_535)]
Count = Annotated[int, Meta(ge=1)]

HELP = {
    "data": "folder for the embedded database, its log, and e-mails that are not sent",
    "host": "address to listen on",
    "port": "port to listen on; 0 for any free port",
    "workers": "number of web processes; more than one needs REDIS_URL",
    "public_url": "public address of the service; used for cookies, links in e-mails and allowed origins",
    "origins": "further origins, separated by spaces, whose pages may use the API and the live socket",
    "community": "file with the sectors, groups and lists of the community",
    "smtp_url": "smtp://user:password@host:port (smtps:// for TLS); without it e-mails go to a folder and the log",
    "mail_from": "sender address of e-mails",
    "smtp_connections": "e-mails that one process sends at once, each over a connection of its own",
    "rate_limits": "off for load tests; not allowed if the public address is https",
    "limits": "file with the rate limits that differ from the usual ones; `tertulia config show` prints the table",
    "look_at_links": "off if the service may not send requests to other sites to check the links of entries",
    "translator_url": "address of a translator that translates posts when readers ask; without it, none are translated",
    "translator_kind": "the protocol that the translator speaks: libretranslate or deepl",
    "translator_key": "key for the translator; DeepL needs one",
    "translator_budget": "characters that the translator is sent in a day (UTC)",
    "metrics_port": "private port for /metrics; 0 for none",
    "metrics_host": "address of the private ports",
    "drain_notice": "seconds for which a process that is told to stop still serves new requests while its health checks "
    "fail, so that a proxy before several processes sends them to another one",
    "worker_metrics_port": "private port for /metrics of `tertulia worker`, a process of its own; 0 for none",
    "min_free_mb": "megabytes free on the disk of the data folder below which /ready and the metrics say that it is full",
    "trusted_proxies": "addresses of proxies whose X-Forwarded-For is trusted, separated by commas; * behind a unix socket",
    "pool": "maximum database connections of one process",
    "sockets_per_member": "maximum live sockets of one member in one process",
    "sockets_per_address": "maximum live sockets of visitors from one address in one process",
    "log": "format of the log: text or json",
    "database_url": "PostgreSQL 15 or newer; without it, an embedded server runs in the data folder",
    "owner_url": "address of the same database for its owner, who migrates it; the role in DATABASE_URL is created if it "
    "does not exist and can then change neither the schema nor the audit log",
    "redis_url": "Redis; without it, events of other processes arrive within seconds instead of immediately",
}


class BadSettings(Exception):
    """The environment contains settings that the service cannot use; the message says which."""


class Settings(Struct, frozen=True, kw_only=True):
    """All settings with their defaults."""

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: Port = 8420
    workers: Count = 1
    public_url: str = ""
    origins: str = ""
    community: Path = Path(__file__).parent / "data" / "community.json"
    smtp_url: str = ""
    mail_from: str = "tertulia@localhost"
    smtp_connections: Annotated[int, Meta(ge=1, le=100)] = 8
    rate_limits: bool = True
    limits: Path = Path(__file__).parent / "data" / "limits.toml"
    look_at_links: bool = True
    translator_url: str = ""
    translator_kind: str = "libretranslate"
    translator_key: str = ""
    translator_budget: Count = 500_000
    metrics_port: Port = 0
    metrics_host: str = "127.0.0.1"
    drain_notice: Annotated[float, Meta(ge=0, le=60)] = 0.0
    worker_metrics_port: Port = 0
    min_free_mb: Annotated[int, Meta(ge=0)] = 1024
    trusted_proxies: str = ""
    pool: Count = 20
    sockets_per_member: Count = 20
    sockets_per_address: Count = 1_000
    log: str = "text"
    database_url: str = ""
    owner_url: str = ""
    redis_url: str = ""

    @property
    def url(self) -> str:
        """The public address of the service, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def is_secure(self) -> bool:
        """Whether the public address is https: then cookies are sent only over https."""
        return self.url.startswith("https://")

    @property
    def allowed_origins(self) -> frozenset[str]:
        """The origins whose pages may send a member's cookie with writes."""
        here = {f"http://{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        local = set() if self.public_url else here
        return frozenset({origin_of(self.url), *local, *self.origins.split()})


def variable(name: str) -> str:
    """Return the name of the environment variable of a setting."""
    return name.upper() if name.upper() in UNPREFIXED else PREFIX + name.upper()


def read_settings(environment: Mapping[str, str], **given: Any) -> Settings:
    """Return the settings of an environment; values in `given` that are not None take precedence. Raise BadSettings."""
    known = {variable(name): name for name in Settings.__struct_fields__}
    environment = _with_files(environment)
    unknown = [name for name in environment if name.startswith(PREFIX) and name not in known]
    if unknown:
        raise BadSettings(f"unknown settings: {', '.join(sorted(unknown))}")
    values: dict[str, Any] = {
        known[name]: value for name, value in environment.items() if name in known and value
    }
    for name in {"rate_limits", "look_at_links"} & values.keys():
        values[name] = values[name].lower() not in ("off", "0", "false", "no")
    values.update({name: value for name, value in given.items() if value is not None})
    try:
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_convert_path)
    except msgspec.ValidationError as error:
        raise BadSettings(_name_variable(str(error))) from error
    if fault := find_fault(settings):
        raise BadSettings(fault)
    return settings


def without_files(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the variables that name a file with the value of a setting."""
    files = {variable(name) + FILE for name in Settings.__struct_fields__}
    return {name: value for name, value in environment.items() if name not in files}


def _with_files(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the content of the file that NAME_FILE names as the value of NAME, for each setting:
    containers get their secrets as files."""
    found = without_files(environment)
    for name in map(variable, Settings.__struct_fields__):
        path = environment.get(name + FILE)
        if not path:
            continue
        if environment.get(name):
            raise BadSettings(f"{name} and {name}{FILE} are both set; remove one of them")
        try:
            found[name] = Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise BadSettings(f"{name}{FILE}: {path} cannot be read: {reason}") from error
    return found


def find_fault(settings: Settings) -> str | None:
    """Return one sentence about the first setting with which the service cannot work, or None."""
    if not settings.rate_limits and settings.is_secure:
        return "TERTULIA_RATE_LIMITS=off is for load tests and not allowed when the public URL is https"
    if settings.workers > 1 and not settings.redis_url:
        return "more than one web process needs REDIS_URL, so that they receive each other's events"
    if settings.log not in ("text", "json"):
        return "TERTULIA_LOG must be text or json"
    if settings.metrics_port and settings.metrics_port == settings.port:
        return "TERTULIA_METRICS_PORT and TERTULIA_PORT are the same port"
    if settings.worker_metrics_port and settings.worker_metrics_port in (
        settings.port,
        settings.metrics_port,
    ):
        return "TERTULIA_WORKER_METRICS_PORT is the port of something else"
    postgresql = ("postgresql", "postgres")
    checks: list[tuple[str, Callable[[], str | None]]] = [
        (settings.public_url, lambda: rules.check_origin("TERTULIA_PUBLIC_URL", settings.public_url)),
        *((one, partial(rules.check_origin, "TERTULIA_ORIGINS", one)) for one in settings.origins.split()),
        ("always", lambda: rules.check_listening(settings.host, settings.public_url)),
        ("always", lambda: rules.check_mail_address("TERTULIA_MAIL_FROM", settings.mail_from)),
        (settings.smtp_url, lambda: rules.check_smtp("TERTULIA_SMTP_URL", settings.smtp_url)),
        (
            settings.database_url,
            lambda: rules.check_address("DATABASE_URL", settings.database_url, postgresql),
        ),
        (
            settings.owner_url,
            lambda: rules.check_address("TERTULIA_OWNER_URL", settings.owner_url, postgresql),
        ),
        (settings.translator_url, lambda: rules.check_translator(*_translator_facts(settings))),
        (
            settings.redis_url,
            lambda: rules.check_address("REDIS_URL", settings.redis_url, ("redis", "rediss", "unix")),
        ),
    ]
    return rules.first_finding(checks)


def _translator_facts(settings: Settings) -> tuple[str, str, str]:
    return settings.translator_url, settings.translator_kind, settings.translator_key


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment from which `read_settings` reads these settings, for a child process.

    A setting that is empty has the value "", so that the child does not inherit another one.
    """
    values = msgspec.to_builtins(settings, enc_hook=str)
    return {
        variable(name): ("on" if value else "off") if isinstance(value, bool) else str(value)
        for name, value in values.items()
    }


def origin_of(url: str) -> str:
    """Return the scheme, host and port of an address, as browsers send them in the Origin header."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _name_variable(message: str) -> str:
    """Return the sentence of a value of a wrong type with the name of its variable; the value may be a secret."""
    expected, _, field = message.rpartition(" - at `$.")
    if not expected:
        return message
    kind = expected.removeprefix("Expected ").split(", got")[0]
    for name, words in (("`int`", "a whole number"), ("`float`", "a number")):
        kind = kind.replace(name, words)
    return f"{variable(field.rstrip('`'))} must be {kind}."


def _convert_path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError

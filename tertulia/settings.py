"""Settings: read once from the environment, then passed as a value."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

PREFIX = "TERTULIA_"
UNPREFIXED = ("DATABASE_URL", "REDIS_URL")

Port = Annotated[int, Meta(ge=0, le=65_535)]
Count = Annotated[int, Meta(ge=1)]

HELP = {
    "data": "folder for the embedded database, unsent mail and logs of it",
    "host": "address to listen on",
    "port": "port to listen on; 0 takes a free one",
    "workers": "web processes; more than one needs REDIS_URL",
    "public_url": "where people reach the service; decides cookies, links in mail and allowed origins",
    "origins": "further origins, separated by blanks, whose pages may write and listen",
    "community": "file with the community's sectors, groups and lists",
    "smtp_url": "smtp://user:password@host:port (smtps:// for TLS); without it mail goes to a folder and the log",
    "mail_from": "sender of the service's mail",
    "rate_limits": "off for load tests; refused when the public URL is https",
    "look_at_links": "off where the service may not ask other sites whether the links of entries still work",
    "metrics_port": "private port for /metrics; 0 for none",
    "metrics_host": "address of the private port",
    "trusted_proxies": "addresses whose X-Forwarded-For is believed, separated by commas; * behind a unix socket",
    "pool": "database connections of one process",
    "sockets_per_member": "open live sockets of one member on one process",
    "sockets_per_address": "open live sockets from one address on one process",
    "log": "text or json",
    "database_url": "PostgreSQL 15 or newer; without it an embedded one runs in the data folder",
    "owner_url": "the same database for its owner, who migrates it; the role in DATABASE_URL, made if there is none, "
    "then can change neither the schema nor the audit",
    "redis_url": "Redis; without it one process hears of its own writes at once and of others' within seconds",
}


class BadSettings(Exception):
    """The environment says something the service cannot run with; the message says what."""


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that can be set, with its default."""

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: Port = 8420
    workers: Count = 1
    public_url: str = ""
    origins: str = ""
    community: Path = Path(__file__).parent / "data" / "community.json"
    smtp_url: str = ""
    mail_from: str = "tertulia@localhost"
    rate_limits: bool = True
    look_at_links: bool = True
    metrics_port: Port = 0
    metrics_host: str = "127.0.0.1"
    trusted_proxies: str = "127.0.0.1"
    pool: Count = 20
    sockets_per_member: Count = 20
    sockets_per_address: Count = 200
    log: str = "text"
    database_url: str = ""
    owner_url: str = ""
    redis_url: str = ""

    @property
    def url(self) -> str:
        """Where people reach the service, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def is_secure(self) -> bool:
        """Whether people reach it by https: then cookies are for https only."""
        return self.url.startswith("https://")

    @property
    def allowed_origins(self) -> frozenset[str]:
        """The origins whose pages may use a member's cookie."""
        here = {f"http://{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        local = set() if self.public_url else here
        return frozenset({origin_of(self.url), *local, *self.origins.split()})


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return name.upper() if name.upper() in UNPREFIXED else PREFIX + name.upper()


def read_settings(environment: Mapping[str, str], **given: Any) -> Settings:
    """The settings of an environment; what is given (and not None) comes first. Raises BadSettings."""
    known = {variable(name): name for name in Settings.__struct_fields__}
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
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise BadSettings(str(error)) from error
    if not settings.rate_limits and settings.is_secure:
        raise BadSettings(
            "TERTULIA_RATE_LIMITS=off is for load tests and refused when the public URL is https"
        )
    if settings.workers > 1 and not settings.redis_url:
        raise BadSettings(
            "more than one web process needs REDIS_URL, so that they hear of each other's writes"
        )
    if settings.log not in ("text", "json"):
        raise BadSettings("TERTULIA_LOG is text or json")
    return settings


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as browsers send them in Origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _path(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError

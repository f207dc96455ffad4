"""Checks of what the service reaches: the disk, the mail server, Redis, its own public address and its certificate."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from urllib.parse import urlsplit

import httpx2
from redis.asyncio import Redis
from redis.exceptions import RedisError

from core.disk import Disk, read_disk
from tertulia.doctor.findings import Finding, ok, warning, wrong
from tertulia.mail.connections import SmtpConnections, Timeouts
from tertulia.mail.faults import MailFailed
from tertulia.settings import Settings
from tertulia.translators import make_translator

PATIENCE = 5.0
MEGABYTE = 1 << 20
GIGABYTE = 1 << 30
# A certificate that is renewed by itself is renewed a month before its end.
CERTIFICATE_WARNING = timedelta(days=14)


async def check_reach(settings: Settings) -> AsyncIterator[Finding]:
    """Check everything outside the database."""
    disk = read_disk(settings.data)
    yield judge_disk(disk, settings.min_free_mb * MEGABYTE)
    checks: list[Awaitable[Finding]] = [_check_service(settings)]
    if settings.smtp_url:
        checks.append(_check_mail(settings))
    if settings.translator_url:
        checks.append(_check_translator(settings))
    if settings.redis_url:
        checks.append(_check_redis(settings.redis_url))
    if settings.is_secure:
        checks.append(_check_certificate(settings.url))
    for finding in await asyncio.gather(*checks):
        yield finding


def judge_disk(disk: Disk, limit: int) -> Finding:
    """Return the finding for a disk that counts as full below so many free bytes."""
    text = f"{disk.free / GIGABYTE:.1f} GB of {disk.size / GIGABYTE:.0f} GB are free in {disk.place}."
    do = "Make room or enlarge the disk; when it is full, every write is answered 503."
    if disk.free < limit or disk.free * 100 < disk.size * 3:
        return wrong("disk", text, do)
    if disk.free < 5 * limit or disk.free * 10 < disk.size:
        return warning("disk", text, do)
    return ok("disk", text)


async def _check_mail(settings: Settings) -> Finding:
    """Connect and sign in to the mail server, and send nothing."""
    connections = SmtpConnections(settings.smtp_url, Timeouts(PATIENCE, PATIENCE, PATIENCE))
    try:
        await connections.check()
    except MailFailed as error:
        text = f"{connections.address} does not accept e-mails: {error.answer}."
        return wrong("mail server", text, "Correct TERTULIA_SMTP_URL.")
    return ok("mail server", f"{connections.address} accepts e-mails.")


async def _check_translator(settings: Settings) -> Finding:
    """Ask the translator what it can do, and translate nothing."""
    if fault := await make_translator(settings).find_fault():
        do = "Correct TERTULIA_TRANSLATOR_URL and TERTULIA_TRANSLATOR_KEY, or unset them."
        return warning("translator", f"It cannot be used: {fault}.", do)
    return ok("translator", "It answers.")


async def _check_redis(url: str) -> Finding:
    """Publish a message and receive it."""
    do = "Start it, or correct REDIS_URL; meanwhile events of other processes arrive within seconds."
    redis = Redis.from_url(url, socket_timeout=PATIENCE, retry=None)
    channel = f"doctor-{token_hex(8)}"
    try:
        async with asyncio.timeout(PATIENCE), redis.pubsub() as listening:
            await listening.subscribe(channel)
            await listening.get_message(timeout=PATIENCE)
            await redis.publish(channel, "?")
            arrived = await listening.get_message(ignore_subscribe_messages=True, timeout=PATIENCE)
    except (RedisError, OSError, TimeoutError) as error:
        return wrong("Redis", f"It does not deliver: {str(error) or type(error).__name__}.", do)
    finally:
        await redis.aclose()
    return ok("Redis", "It delivers.") if arrived else wrong("Redis", "A message did not arrive.", do)


async def _check_service(settings: Settings) -> Finding:
    """Ask the address of the settings who answers there; a service that does not run is no fault."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    where = f"http://{host}:{settings.port}"
    try:
        async with httpx2.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            answer = await client.get(f"{where}/health")
            is_ours = answer.status_code == 200 and answer.text.strip() == "alive"
            is_ready = is_ours and (await client.get(f"{where}/ready")).status_code == 200
    except (httpx2.HTTPError, OSError) as error:
        return warning(
            "service", f"Nobody answers at {where}: {error}.", "Start it, unless it runs elsewhere."
        )
    if not is_ours:
        return wrong("service", f"Another program answers at {where}.", "Stop it, or set TERTULIA_PORT.")
    if not is_ready:
        return wrong("service", f"{where}/ready is not 200.", "Open it: it says which part does not work.")
    return ok("service", f"It is ready at {where}.")


async def _check_certificate(url: str) -> Finding:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        do = "Renew it at the proxy; browsers refuse the site."
        return wrong("certificate", f"{host} has none that is valid: {error.verify_message}.", do)
    except (OSError, TimeoutError) as error:
        text = f"{host}:{port} cannot be reached from here: {str(error) or type(error).__name__}."
        return warning("certificate", text, "Check the name, the proxy and the firewall.")
    certificate = writer.get_extra_info("peercert")
    writer.close()
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    return judge_certificate(host, ends, datetime.now(UTC))


def judge_certificate(host: str, ends: datetime, now: datetime) -> Finding:
    """Return the finding for a valid certificate that ends at this time."""
    text = f"That of {host} is valid until {ends:%Y-%m-%d}."
    if ends - now < CERTIFICATE_WARNING:
        return warning("certificate", text, "Find out why the proxy has not renewed it.")
    return ok("certificate", text)

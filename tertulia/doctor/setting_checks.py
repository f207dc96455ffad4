"""Checks of the settings that need no connection: `tertulia config check` and the first lines of the doctor."""

from collections.abc import Iterator
from ipaddress import ip_network

import msgspec

from tertulia.community import read_community
from tertulia.doctor.findings import Finding, ok, warning, wrong
from tertulia.limits.table import LimitsUnusable, read_limits
from tertulia.settings import Settings, origin_of

_LOCAL = ("http://127.0.0.1", "http://localhost", "http://[::1]")


def check_settings(settings: Settings) -> Iterator[Finding]:
    """Check settings that `read_settings` has accepted."""
    yield ok("settings", f"All are valid; the public address is {settings.url}.")
    yield from _check_community(settings)
    yield from _check_limits(settings)
    yield from _check_public_url(settings)
    yield from _check_proxies(settings)
    if not settings.smtp_url:
        do = "Set TERTULIA_SMTP_URL to smtp://user:password@host:587?starttls."
        yield warning("mail server", f"None is set: e-mails are written to {settings.data / 'mail'}.", do)
    elif settings.mail_from == "tertulia@localhost":
        do = "Set TERTULIA_MAIL_FROM to an address of your own domain."
        yield warning("sender", "E-mails come from tertulia@localhost, which mail servers refuse.", do)
    if not settings.rate_limits:
        do = "Remove TERTULIA_RATE_LIMITS."
        yield warning("rate limits", "They are off.", do)


def _check_community(settings: Settings) -> Iterator[Finding]:
    if fault := find_community_fault(settings):
        yield wrong("community file", fault, "Correct it or set TERTULIA_COMMUNITY.")
    else:
        yield ok("community file", f"{settings.community} can be read.")


def _check_limits(settings: Settings) -> Iterator[Finding]:
    if fault := find_limits_fault(settings):
        yield wrong("rate limits", fault, "Correct it or unset TERTULIA_LIMITS.")
    else:
        yield ok("rate limits", f"{settings.limits} can be read.")


def find_file_fault(settings: Settings) -> str | None:
    """Return one sentence about a file named by a setting with which the service cannot start, or None."""
    return find_community_fault(settings) or find_limits_fault(settings)


def find_limits_fault(settings: Settings) -> str | None:
    """Return one sentence about a table of rate limits that cannot be used, or None."""
    try:
        read_limits(settings.limits)
    except LimitsUnusable as error:
        return f"TERTULIA_LIMITS: {error}."
    return None


def find_community_fault(settings: Settings) -> str | None:
    """Return one sentence about a file of the community that cannot be read, or None."""
    try:
        read_community(settings.community)
    except OSError as error:
        return f"TERTULIA_COMMUNITY={settings.community} cannot be read: {error.strerror or error}."
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return f"TERTULIA_COMMUNITY={settings.community} is not a file of a community: {error}."
    return None


def _check_public_url(settings: Settings) -> Iterator[Finding]:
    origin = origin_of(settings.url)
    if settings.is_secure:
        yield ok("encryption", "The public address is https.")
    elif not origin.startswith(_LOCAL):
        do = "Put a proxy with a certificate before it and set TERTULIA_PUBLIC_URL to the https address."
        yield warning(
            "encryption", f"{origin} is not https: passwords and cookies can be read on the way.", do
        )


def _check_proxies(settings: Settings) -> Iterator[Finding]:
    for one in filter(None, (part.strip() for part in settings.trusted_proxies.split(","))):
        try:
            if one != "*":
                ip_network(one)
        except ValueError:
            do = "Write addresses or networks, such as 127.0.0.1 or 10.0.0.0/8."
            yield warning("proxies", f"TERTULIA_TRUSTED_PROXIES has {one}, which is no address.", do)
    if settings.is_secure and not settings.trusted_proxies:
        do = "If a proxy stands before the service, set TERTULIA_TRUSTED_PROXIES to its address."
        yield warning("proxies", "None is trusted: rate limits count everybody behind one as one person.", do)

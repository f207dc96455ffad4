"""Settings that cannot work: for each a sentence that names the variable and says what to write instead."""

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import SplitResult, urlsplit

# What a mail server accepts as a sender: RFC 5321, 4.1.2, without quoted names and addresses of machines.
_MAIL_ADDRESS = re.compile(r"[^\s@<>\"(),:;\[\]\\]+@[^\s@<>\"(),:;\[\]\\]+")
WILDCARDS = frozenset({"0.0.0.0", "::", "", "*"})

Finding = str | None


def check_origin(variable: str, url: str) -> Finding:
    """Return what is wrong with the public address of a web site: it has a scheme, a host, perhaps a port, and nothing
    else."""
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return f"{variable}={url} is no address of a web site; write it with its scheme, such as https://forum.example.org."
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        return f"{variable}={url} has more than a scheme, a host and a port; the service needs a host name of its own."
    return None


def check_address(variable: str, url: str, schemes: Sequence[str]) -> Finding:
    """Return what is wrong with the address of a server that the service connects to. It may contain a password, so it is
    not quoted."""
    if url.partition("://")[0].lower() not in schemes:
        return f"{variable} does not begin with {' or '.join(f'{scheme}://' for scheme in schemes)}."
    if _split(url) is None:
        return (
            f"{variable} has a port that is no number up to 65535. If its password contains / : @ # or ?, write them as "
            "%2F %3A %40 %23 %3F."
        )
    return None


def check_smtp(variable: str, url: str) -> Finding:
    """Return what is wrong with the address of the mail server."""
    if finding := check_address(variable, url, ("smtp", "smtps")):
        return finding
    parts = _split(url)
    return None if parts and parts.hostname else f"{variable} names no host."


def check_mail_address(variable: str, address: str) -> Finding:
    """Return what is wrong with the sender of e-mails."""
    if _MAIL_ADDRESS.fullmatch(address):
        return None
    return f"{variable}={address} is no e-mail address; write one such as forum@example.org, without a name."


def check_listening(host: str, public_url: str) -> Finding:
    """Return whether nobody could write: browsers send the address that people type, and the service does not know it."""
    if host not in WILDCARDS or public_url:
        return None
    return (
        f"TERTULIA_HOST={host or '*'} listens on every address, so TERTULIA_PUBLIC_URL must say which one people type; "
        "without it every form would be refused."
    )


def check_translator(url: str, kind: str, key: str) -> Finding:
    """Return what is wrong with the translator: it has an address of a web site, a known protocol, and for DeepL a key."""
    if kind not in ("libretranslate", "deepl"):
        return "TERTULIA_TRANSLATOR_KIND must be libretranslate or deepl."
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return "TERTULIA_TRANSLATOR_URL is no address of a web site; write it as in https://translate.example.org."
    if parts.query or parts.fragment or parts.username:
        return "TERTULIA_TRANSLATOR_URL has more than an address; a key belongs into TERTULIA_TRANSLATOR_KEY."
    if not all("!" <= character <= "~" for character in url + key):
        return "TERTULIA_TRANSLATOR_URL and TERTULIA_TRANSLATOR_KEY are of plain letters, digits and signs, without blanks."
    if kind == "deepl" and not key:
        return "TERTULIA_TRANSLATOR_KIND=deepl needs TERTULIA_TRANSLATOR_KEY."
    return None


def first_finding(checks: Iterable[tuple[str, Callable[[], Finding]]]) -> Finding:
    """Return the first finding of those checks whose value is not empty."""
    return next((found for value, check in checks if value and (found := check())), None)


def _split(url: str) -> SplitResult | None:
    """Return the parts of an address, or None if it is no address or its port is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts

"""Links to other sites: those in rendered HTML, and web addresses in texts that are shown as they are."""

import re
import unicodedata
from urllib.parse import unquote, urlsplit

from core.visible import strip_invisible

_HREF = re.compile(r'<a href="((?i:https?:/*|//)(?:[^"/?#]*@)?([^"/?#:@]{1,255})[^"]*)"')
_WRITTEN = re.compile(r"(?:https?://|www\.)[^\s<>\"']+", re.IGNORECASE)
# Nobody writes more links by hand; further links are not looked at.
_MAX_LINKS = 500


def external_links(html: str, site: str) -> dict[str, str]:
    """Return the URL and host of each link to another site in rendered HTML, at most 500."""
    own_host = urlsplit(site).hostname
    found: dict[str, str] = {}
    for link in _HREF.finditer(html):
        if (host := _normalize_host(link[2])) != own_host:
            found[link[1]] = host.removeprefix("www.")
            if len(found) == _MAX_LINKS:
                break
    return found


def written_addresses(text: str) -> set[str]:
    """Return the web addresses that people read in a text without markup, such as a title or a profile."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", strip_invisible(text))
    return set(_WRITTEN.findall(plain))


def to_idna(domain: str) -> str:
    """Return a domain in IDNA form, or as it is if it has none."""
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def _normalize_host(written: str) -> str:
    """Return a host name as browsers read it: percent-decoded, normalized and in IDNA form."""
    host = unquote(written).lower()
    if not host.isascii():
        host = to_idna(unicodedata.normalize("NFKC", strip_invisible(host)).lower().replace("\u3002", "."))
    return host.rstrip(".")

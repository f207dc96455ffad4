"""HTTP checks of URLs that members entered: whether a page exists, protected against server-side request forgery (SSRF).

A member must not be able to make the service request hosts that only the service can reach. So host names are resolved
here, all their IP addresses must be public, and the connection goes to one of exactly these addresses, so that a second
DNS answer cannot change the target. Each redirect is checked in the same way. No response body is read.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

import httpcore2
import httpx2
from msgspec import Struct

State = Literal["reachable", "gone", "unreachable", "refused"]
Resolve = Callable[[str], Awaitable[list[str]]]

MAX_REDIRECTS = 3
# Seconds for one check with all its redirects (OWASP's SSRF prevention advice asks for a limit).
TIMEOUT = 8.0
MAX_URL_LENGTH = 2_000
PORTS = frozenset({80, 443})
MAX_ADDRESSES_TRIED = 3

_GONE_STATUSES = frozenset({404, 410})
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
# IPv6 addresses that embed an IPv4 address (RFC 6052); `ipaddress` knows 6to4 (RFC 3056) and IPv4-mapped ones itself.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HEADERS = [(b"User-Agent", b"Tertulia (looks whether evidence is still there)"), (b"Accept", b"*/*")]


class CheckResult(Struct, frozen=True):
    """The result of a check: `reached` is the URL after redirects; a `refused` URL was not requested."""

    state: State
    status: int | None = None
    reached: str | None = None


class AddressRefused(Exception):
    """The service does not request this URL."""


def is_public(address: str) -> bool:
    """Return whether an IP address is reachable from the whole Internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


async def resolve_host(host: str) -> list[str]:
    """Return all IP addresses of a host name from the system's resolver; raise AddressRefused if it is no host name."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError:
        # Python encodes the name as IDNA, which has no empty labels (`a..b`) and none of more than 63 characters.
        raise AddressRefused from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class HttpChecker(Struct, frozen=True):
    """A checker of URLs with its resolver, address rule, ports and timeout, which tests replace."""

    resolve_host: Resolve = resolve_host
    is_public: Callable[[str], bool] = is_public
    ports: frozenset[int] = PORTS
    timeout: float = TIMEOUT

    async def check(self, url: str) -> CheckResult:
        """Request a URL, follow redirects and return the result; network errors are results, not exceptions."""
        at = url
        try:
            async with asyncio.timeout(self.timeout), self._pool() as pool:
                for _ in range(MAX_REDIRECTS + 1):
                    status, location = await self._request(pool, at)
                    if location is None:
                        return CheckResult(_state_of(status), status, at if at != url else None)
                    at = urljoin(at, location)
        except AddressRefused:
            return CheckResult("refused", reached=at if at != url else None)
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, OSError):
            return CheckResult("unreachable", reached=at if at != url else None)
        return CheckResult("unreachable", reached=at)

    def _pool(self) -> httpcore2.AsyncConnectionPool:
        return httpcore2.AsyncConnectionPool(
            max_connections=1, network_backend=_PublicOnlyNetwork(self), retries=0
        )

    async def _request(self, pool: httpcore2.AsyncConnectionPool, url: str) -> tuple[int, str | None]:
        target = _parse(url, self.ports)
        async with pool.stream("GET", target, headers=_HEADERS) as response:
            location = dict(response.headers).get(b"location") or dict(response.headers).get(b"Location")
            if response.status in _REDIRECT_STATUSES and location is not None:
                return response.status, location.decode("latin-1")
            return response.status, None


class _PublicOnlyNetwork(httpcore2.AsyncNetworkBackend):
    """A network backend that connects only to IP addresses which it has checked itself."""

    def __init__(self, checker: HttpChecker) -> None:
        self.checker = checker
        self.network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self.checker.resolve_host(host.strip("[]"))
        if not addresses or not all(map(self.checker.is_public, addresses)):
            raise AddressRefused
        failure: Exception | None = None
        for address in addresses[:MAX_ADDRESSES_TRIED]:
            try:
                return await self.network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or AddressRefused

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def _parse(url: str, ports: frozenset[int]) -> httpcore2.URL:
    try:
        written, parsed = urlsplit(url), httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        raise AddressRefused from None
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    is_plain = parsed.scheme in ("http", "https") and parsed.host and "@" not in written.netloc
    if not is_plain or port not in ports or len(url) > MAX_URL_LENGTH:
        raise AddressRefused
    return httpcore2.URL(
        scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path
    )


def _state_of(status: int) -> State:
    """Return the state for a status; a page that denies access, for example to bots, counts as reachable."""
    if status in _GONE_STATUSES:
        return "gone"
    return "unreachable" if status >= 500 else "reachable"

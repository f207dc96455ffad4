"""Looking at addresses that people wrote: real servers, on this machine; names resolve as the tests say."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from boards.evidence.http_check import CheckResult, HttpChecker, is_public

HOME = "127.0.0.1"


@asynccontextmanager
async def answering(answer: Callable[[str], bytes], asked: list[str]) -> AsyncIterator[int]:
    """A server that answers each path as it is told; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode()
        while (await reader.readline()).strip():
            pass
        path = line.split()[1]
        asked.append(path)
        writer.write(answer(path))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, HOME)
    async with server:
        yield server.sockets[0].getsockname()[1]


def says(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "", ""]).encode()


def checker(port: int, names: dict[str, list[str]], private: frozenset[str] = frozenset()) -> HttpChecker:
    """Looks at servers of this machine as if they were anywhere, but for those that are private."""

    async def resolve_host(host: str) -> list[str]:
        if host not in names:
            raise socket.gaierror("no such name")
        return names[host]

    return HttpChecker(
        resolve_host=resolve_host,
        is_public=lambda address: address not in private,
        ports=frozenset({port}),
        timeout=1.0,
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::", "::1", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::", "2002:c0a8:1::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_what_only_the_service_can_reach_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "1.1.1.1",
        "2606:2800:220:1:248:1893:25c8:1946",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
    ],
)
def test_what_all_can_reach_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("status", "state"),
    [("200 OK", "reachable"), ("204 No", "reachable"), ("401 No", "reachable"), ("403 No", "reachable"),
     ("404 No", "gone"), ("410 No", "gone"), ("429 No", "reachable"), ("500 No", "unreachable"), ("503 No", "unreachable")],
)  # fmt: skip
async def test_what_it_answers_is_judged(status: str, state: str) -> None:
    async with answering(lambda path: says(status), asked := []) as port:
        seen = await checker(port, {"there.example": [HOME]}).check(f"http://there.example:{port}/a?b=c")

    assert (seen.state, seen.status, seen.reached) == (state, int(status[:3]), None)
    assert asked == ["/a?b=c"]


async def test_redirects_are_followed_a_few_times_and_told() -> None:
    def answer(path: str) -> bytes:
        number = int(path[1:])
        return says("302 Found", f"Location: /{number - 1}") if number else says("200 OK")

    async with answering(answer, []) as port:
        one = checker(port, {"there.example": [HOME]})
        near, far = (
            await one.check(f"http://there.example:{port}/3"),
            await one.check(f"http://there.example:{port}/4"),
        )

    assert near == CheckResult("reachable", 200, f"http://there.example:{port}/0")
    assert far.state == "unreachable"


@pytest.mark.parametrize("target", ["inside.example", "127.0.0.2", "[::1]"])
async def test_nobody_is_led_inside_by_a_redirect(target: str) -> None:
    names = {
        "outside.example": [HOME],
        "inside.example": ["127.0.0.2"],
        "127.0.0.2": ["127.0.0.2"],
        "::1": ["::1"],
    }
    async with (
        answering(lambda path: says("200 OK"), inside := []) as port,
        answering(
            lambda path: says("302 Found", f"Location: http://{target}:{port}/"), asked := []
        ) as second_port,
    ):
        one = checker(port, names, frozenset({"127.0.0.2", "::1"}))
        one = replace(one, ports=frozenset({port, second_port}))
        seen = await one.check(f"http://outside.example:{second_port}/")

    assert (seen.state, asked, inside) == ("refused", ["/"], [])


async def test_a_name_with_one_address_inside_is_not_asked_at_all() -> None:
    async with answering(lambda path: says("200 OK"), asked := []) as port:
        mixed = {"there.example": [HOME, "127.0.0.2"]}
        seen = await checker(port, mixed, frozenset({"127.0.0.2"})).check(f"http://there.example:{port}/")

    assert (seen.state, asked) == ("refused", [])


async def test_the_address_looked_at_is_the_one_connected_to() -> None:
    """A name that answers otherwise when asked again (DNS rebinding) is asked once."""
    times = 0

    async def changing(host: str) -> list[str]:
        nonlocal times
        times += 1
        return [HOME] if times == 1 else ["127.0.0.2"]

    async with answering(lambda path: says("200 OK"), asked := []) as port:
        one = HttpChecker(
            resolve_host=changing,
            is_public=lambda address: address == HOME,
            ports=frozenset({port}),
            timeout=1,
        )
        seen = await one.check(f"http://there.example:{port}/")

    assert (seen.state, times, asked) == ("reachable", 1, ["/"])


@pytest.mark.parametrize(
    "url",
    ["ftp://there.example/", "file:///etc/passwd", "gopher://there.example/", "javascript:alert(1)", "http://", "http:///x",
     "http://user:word@there.example/", "http://there.example:22/", "http://there.example:99999/", "//there.example/",
     "there.example", "", "http://[::1", "http://there.example/" + "x" * 2_000, "http://there.example/\r\nX: y"],
)  # fmt: skip
async def test_what_is_no_address_of_a_page_is_not_asked(url: str) -> None:
    assert (await checker(80, {"there.example": [HOME]}).check(url)).state == "refused"


@pytest.mark.parametrize(
    "host", ["a..b", f"{'a' * 64}.example", ".example", "xn--", "\u00df" * 60 + ".example"]
)
async def test_what_is_no_name_of_a_host_does_not_break_the_check(host: str) -> None:
    assert (await HttpChecker().check(f"http://{host}/")).state in ("refused", "unreachable")


async def test_who_is_not_there_or_never_ends_is_unreachable_in_time() -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, HOME)
    async with server:
        port = server.sockets[0].getsockname()[1]
        one = checker(port, {"there.example": [HOME]})
        loop = asyncio.get_running_loop()
        before = loop.time()
        assert (await one.check(f"http://there.example:{port}/")).state == "unreachable"
        assert loop.time() - before < 5
        assert (await one.check(f"http://nowhere.example:{port}/")).state == "unreachable"
    assert (await one.check(f"http://there.example:{port}/")).state == "unreachable"


async def test_what_comes_without_end_is_not_read() -> None:
    taken = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        try:
            while taken < 100_000_000:
                writer.write(b"x" * 65_536)
                await writer.drain()
                taken += 65_536
        except ConnectionError:
            pass
        writer.close()

    server = await asyncio.start_server(flood, HOME)
    async with server:
        port = server.sockets[0].getsockname()[1]
        seen = await checker(port, {"there.example": [HOME]}).check(f"http://there.example:{port}/")

    assert seen.state == "reachable"
    assert taken < 20_000_000


@pytest.mark.parametrize(
    "junk", [b"\x00\xff" * 100, b"HTTP/1.1 999\r\n" + b"A: " + b"b" * 200_000 + b"\r\n\r\n", b""]
)
async def test_what_is_no_answer_is_unreachable(junk: bytes) -> None:
    async with answering(lambda path: junk, []) as port:
        seen = await checker(port, {"there.example": [HOME]}).check(f"http://there.example:{port}/")

    assert seen.state == "unreachable"

"""A translator for tests: a small HTTP server that speaks the protocols of LibreTranslate and DeepL, and can misbehave."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

_BETWEEN_TAGS = re.compile(r"(?<=>)[^<]+|^[^<]+")


def in_capitals(page: str) -> str:
    """Return HTML whose words are in capitals: what this translator takes for another language."""
    return _BETWEEN_TAGS.sub(lambda words: words[0].upper(), page)


class FakeTranslator:
    """What the server received, and how it answers: by a function of the HTML, with another status, with other bytes, or not
    at all until `answers` is set."""

    def __init__(self) -> None:
        self.url = ""
        self.reset()

    def reset(self) -> None:
        """Forget everything, and answer as a translator does."""
        self.received: list[tuple[str, dict[str, str], Any]] = []
        self.translate: Callable[[str], str] = in_capitals
        self.status = 200
        self.headers = ""
        self.body: bytes | None = None
        self.before: Callable[[], Any] | None = None
        self.answers = asyncio.Event()
        self.answers.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close the connection."""
        try:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (one.partition(": ") for one in lines) if name
            }
            content = await reader.readexactly(int(headers.get("content-length", 0)))
            path, asked = first.split(" ")[1], json.loads(content) if content else None
            self.received.append((path, headers, asked))
            if self.before:
                await self.before()
            await self.answers.wait()
            body = self.body if self.body is not None else json.dumps(self._answer(path, asked)).encode()
            head = f"HTTP/1.1 {self.status} X\r\ncontent-type: application/json\r\nlocation: /elsewhere\r\n"
            writer.write(
                f"{head}{self.headers}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
                + body
            )
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    def _answer(self, path: str, asked: Any) -> Any:
        if path == "/translate":
            assert asked["format"] == "html"
            return {"translatedText": self.translate(asked["q"])}
        if path == "/v2/translate":
            assert asked["tag_handling"] == "html"
            texts = [{"text": self.translate(one), "detected_source_language": "FR"} for one in asked["text"]]
            return {"translations": texts}
        return []


@asynccontextmanager
async def a_translator() -> AsyncIterator[FakeTranslator]:
    """Start the server on a free port."""
    fake = FakeTranslator()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.close()

"""The translator that the operator chose: a service with the protocol of LibreTranslate or of DeepL.

Its address comes from the settings alone. Redirects are not followed, an answer is read up to a limit, and the whole
request has ten seconds.
"""

import asyncio
from datetime import timedelta
from typing import Any, TypeVar

import httpx2
import msgspec
from msgspec import Struct

NAMES = {"libretranslate": "LibreTranslate", "deepl": "DeepL"}
TIMEOUT = 10.0
LONGEST_ANSWER = 1 << 20
# DeepL takes up to 128 KiB with everything around the text.
LONGEST_REQUEST = 100_000
# DeepL wants to know which English and which Portuguese.
_DEEPL_TARGETS = {"en": "EN-GB", "pt": "PT-PT", "zh": "ZH-HANS"}
_QUOTA_USED_UP = 456
# Statuses that are about this text; all others are about the translator and hold for every text.
_TEXT_REFUSED = frozenset({400, 413, 414, 422})
_SHORT_WAIT, _QUOTA_WAIT = timedelta(seconds=30), timedelta(hours=6)

_T = TypeVar("_T")


class TranslatorAway(Exception):
    """The translator translates nothing at the moment: it is slow, broken or busy, or its quota is used up."""

    def __init__(self, reason: str, wait: timedelta = _SHORT_WAIT) -> None:
        self.wait = wait
        super().__init__(reason)


class TextRefused(Exception):
    """The translator does not translate this text."""


class Translator(Struct, frozen=True, kw_only=True):
    """A translator, or none if the address is empty; `budget` are the characters that it gets in a day (UTC)."""

    url: str = ""
    kind: str = "libretranslate"
    key: str = ""
    budget: int = 0
    timeout: float = TIMEOUT

    @property
    def is_set(self) -> bool:
        """Whether the operator chose a translator."""
        return bool(self.url)

    @property
    def name(self) -> str:
        """The name that readers see."""
        return NAMES[self.kind]

    async def translate(self, page: str, source: str, target: str) -> str:
        """Return HTML in another language, as the translator answers it; raise TranslatorAway or TextRefused."""
        if len(page.encode()) > LONGEST_REQUEST:
            raise TextRefused("longer than the translator takes")
        if self.kind == "deepl":
            request: dict[str, Any] = {
                "text": [page],
                "tag_handling": "html",
                "source_lang": _base(source).upper(),
            }
            request["target_lang"] = _DEEPL_TARGETS.get(target, target.upper())
            return _text_in(await self._post("/v2/translate", request), _DeepL).translations[0].text
        request = {"q": page, "source": _base(source), "target": _base(target), "format": "html"}
        if self.key:
            request["api_key"] = self.key
        return _text_in(await self._post("/translate", request), _LibreTranslate).translatedText

    async def find_fault(self) -> str | None:
        """Return why the translator cannot be used, or None; nothing is translated."""
        path = "/v2/usage" if self.kind == "deepl" else "/languages"
        try:
            await self._send("GET", path, None)
        except (TranslatorAway, TextRefused) as error:
            return str(error)
        return None

    async def _post(self, path: str, request: dict[str, Any]) -> bytes:
        return await self._send("POST", path, msgspec.json.encode(request))

    async def _send(self, method: str, path: str, content: bytes | None) -> bytes:
        # Compressed, a small answer could fill the memory.
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self.kind == "deepl":
            headers["Authorization"] = f"DeepL-Auth-Key {self.key}"
        try:
            async with (
                asyncio.timeout(self.timeout),
                httpx2.AsyncClient(timeout=self.timeout, trust_env=False, follow_redirects=False) as client,
                client.stream(
                    method, self.url.rstrip("/") + path, content=content, headers=headers
                ) as response,
            ):
                _ensure_answered(response.status_code)
                return await _read(response)
        except (httpx2.HTTPError, OSError, TimeoutError) as error:
            raise TranslatorAway(str(error) or type(error).__name__) from error


class _LibreTranslate(Struct):
    translatedText: str


class _DeepLText(Struct):
    text: str


class _DeepL(Struct):
    translations: tuple[_DeepLText]


def _ensure_answered(status: int) -> None:
    if status == 200:
        return
    if status in _TEXT_REFUSED:
        raise TextRefused(f"it answers {status}")
    wait = _QUOTA_WAIT if status == _QUOTA_USED_UP else _SHORT_WAIT
    raise TranslatorAway(f"it answers {status}", wait)


async def _read(response: httpx2.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > LONGEST_ANSWER:
            raise TextRefused("its answer is far too long")
    return bytes(body)


def _text_in(body: bytes, shape: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise TextRefused("its answer is no translation") from error


def _base(tag: str) -> str:
    return tag.partition("-")[0]

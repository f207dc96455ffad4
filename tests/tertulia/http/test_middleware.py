"""Tests of the outermost application: what the access log keeps, and whose word is taken for the address of a client."""

import re
from typing import Any

import pytest

from tertulia.http.middleware import without_secrets
from tertulia.serve import make_server
from tertulia.settings import Settings
from tests.support.source_code import modules

# Names of path parameters whose value lets anybody who has it act. The key of a draft is `topic:12` or the like.
_SECRET = re.compile(r'"(/[^"\s]*\{(?:token|reference|key|secret|code|pass):str\}[^"\s]*)"')
_NO_SECRETS = {"/drafts/{key:str}"}


def test_no_secret_in_a_path_is_logged() -> None:
    found = [
        (path, route)
        for path, text, _ in modules()
        for route in _SECRET.findall(text)
        if route not in _NO_SECRETS
    ]
    assert len(found) >= 9
    for path, route in found:
        asked = re.sub(r"\{[^}]*\}", "s3cret", route)
        for address in (asked, f"{asked}/"):
            full = address if path.startswith("pages/") else f"/api/v1{address}"
            assert "s3cret" not in without_secrets(full), full
    assert without_secrets("/t/12/report/3") == "/t/12/report/3"


@pytest.mark.parametrize(("trusted", "seen"), [("", "127.0.0.1"), ("127.0.0.1", "203.0.113.9")])
async def test_a_forwarded_address_counts_only_behind_a_proxy_that_is_trusted(
    trusted: str, seen: str
) -> None:
    clients: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        clients.append(scope["client"][0])

    settings = Settings(trusted_proxies=trusted) if trusted else Settings()
    config = make_server(application, settings).config
    config.load()
    headers = [(b"x-forwarded-for", b"203.0.113.9")]
    scope = {"type": "http", "client": ("127.0.0.1", 1), "scheme": "http", "headers": headers}
    await config.loaded_app(scope, None, None)
    assert clients == [seen]

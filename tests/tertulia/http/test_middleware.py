"""Tests of the outermost application: what the access log keeps, and whose word is taken for the address of a client."""

import re
from typing import Any

import pytest

from core import clock
from tertulia.http.middleware import without_secrets
from tertulia.serve import make_server
from tertulia.settings import Settings
from tests.support.moderation.cases import mails
from tests.support.people import a_person, a_topic
from tests.support.service import Service
from tests.support.source_code import modules

# Names of path parameters whose value lets anybody who has it act. The key of a draft is `topic:12` or the like.
_SECRET = re.compile(r'"(/[^"\s]*\{(?:token|reference|key|secret|code|pass):str\}[^"\s]*)"')
_NO_SECRETS = {"/drafts/{key:str}"}
EVIL = "evil.example"


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


async def test_a_host_that_a_client_makes_up_is_in_no_page_link_or_email(app: Service) -> None:
    amina = await a_person(app)
    topic = (await a_topic(amina))["id"]
    await app.run_jobs()
    mails(app)
    lies = dict.fromkeys(("Host", "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL"), EVIL)
    lies |= {
        "Forwarded": f"host={EVIL};proto=https",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": f"//{EVIL}",
    }
    paths = (
        "/", "/s/mobility", f"/t/{topic}", f"/t/{topic}/cobalt-tracing", "/signin", "/nothing", "/inbox",
        "/feeds/sectors/mobility.atom", f"/feeds/topics/{topic}.atom", f"/cite/topics/{topic}",
        f"/api/v1/topics/{topic}/posts", f"/api/v1/topics/{topic}/export.md", "/api/v1/openapi.json",
        f"//t/{topic}", "/s%2Fmobility", "/%2e%2e/s/mobility", f"/t/{topic}/%0d%0aX-Evil:1",
    )  # fmt: skip
    moment = clock.now()
    async with app.client() as visitor:
        for path in paths:
            address = f"{app.urls[0]}{path}"
            with clock.stop_at(moment):
                before = await visitor.get(address, headers={"Accept": "text/html"})
                poisoned = await visitor.get(address, headers={"Accept": "text/html"} | lies)
                after = await visitor.get(address, headers={"Accept": "text/html"})
            assert EVIL not in poisoned.text + str(poisoned.headers.raw), path
            for seen in (poisoned, after):
                assert (seen.status_code, seen.content) == (before.status_code, before.content), path
                assert seen.headers.get("location") == before.headers.get("location"), path
                assert "public" not in seen.headers["cache-control"], path
        asked = await visitor.post(
            "/api/v1/password-resets", json={"email": f"{amina.handle}@example.org"}, headers=lies
        )
        assert asked.status_code == 202
    await app.run_jobs()
    [mail] = mails(app)
    assert EVIL not in mail.as_string() and f"{app.contexts[0].settings.url}/reset" in mail.get_content()

"""Passwords are hashed a few at a time, beside the event loop: a crowd that signs in makes nobody else wait."""

import asyncio
import threading
from typing import Any

import pytest

from members.accounts import passwords
from tests.support.member_service import FROM_HERE, MemberService
from tests.support.service import Service


class SlowHashes:
    """Takes the place of Argon2: each hash takes until a test releases all."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.lock = threading.Lock()
        self.running = self.most = 0

    def __call__(self, *_: Any, **__: Any) -> bytes:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.released.wait(20)
        with self.lock:
            self.running -= 1
        return bytes(64)


async def test_a_crowd_that_signs_in_makes_nobody_else_wait(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes, crowd = SlowHashes(), passwords.MAX_CONCURRENT_HASHES + 4
    monkeypatch.setattr(passwords, "hash_secret_raw", hashes)
    monkeypatch.setattr(passwords, "MAX_WAITING_HASHES", crowd)
    wrong = {"login": "nobody", "password": "a wrong password"}
    async with MemberService(app).client() as client, app.client() as browser:
        attempts = [asyncio.create_task(client.post("/sessions", json=wrong)) for _ in range(crowd)]
        try:
            async with asyncio.timeout(10):
                while passwords.count_waiting() < crowd:  # noqa: ASYNC110 (requests arrive one by one)
                    await asyncio.sleep(0.01)
            assert (await browser.get("/help")).status_code == 200
            refused = await client.post("/sessions", json=wrong)
            assert (refused.status_code, refused.json()["code"]) == (429, "sign_in_busy")
            assert int(refused.headers["retry-after"]) >= 1
            headers = {"Accept": "text/html", **FROM_HERE}
            page = await browser.post("/signin", data=wrong, headers=headers)
            assert (page.status_code, int(page.headers["retry-after"]) >= 1) == (429, True)
            assert "Very many people are signing in" in page.text
        finally:
            hashes.released.set()
        assert [attempt.status_code for attempt in await asyncio.gather(*attempts)] == [401] * crowd
    assert 1 <= hashes.most <= passwords.MAX_CONCURRENT_HASHES
    assert passwords.count_waiting() == 0

"""The service for tests of accounts: it creates members, and collects the e-mails that are sent."""

import logging
from datetime import timedelta
from itertools import count
from typing import Any

import httpx2

from core import clock
from core.actor import Actor
from core.ids import MemberId
from members.accounts import accounts, passwords
from members.accounts.sessions import find_actor, start_session
from members.profiles.duties import ADMINISTRATOR, insert_duty
from members.shapes import Me, NewAccount
from members.tokens import new_secret
from tertulia.event_handlers import HANDLERS, MAIL_HANDLERS
from tertulia.worker import Worker
from tests.support.emails.lanes import SentEmails, a_lane, send_digests
from tests.support.service import Service, raw_sql

logging.getLogger("httpx2").setLevel(logging.WARNING)

PASSWORD = "three unrelated words"
# The header that a browser sends with requests from the service's own pages.
FROM_HERE = {"sec-fetch-site": "same-origin"}
_numbers = count(1)


class MemberService:
    """The running service, and a worker whose e-mails the tests can read."""

    def __init__(self, app: Service) -> None:
        self.app = app
        self.db = app.db
        self.sent = SentEmails()
        self.worker = Worker(self.db, {**HANDLERS, **MAIL_HANDLERS})

    def client(self, token: str | None = None) -> httpx2.AsyncClient:
        """Return a client of the API, signed in if a token is given."""
        client = self.app.client(token)
        client.base_url = httpx2.URL(f"{client.base_url}/api/v1")
        return client

    async def work(self) -> None:
        """Run all follow-up jobs that are due, and send the e-mails that wait."""
        while await self.worker.handle_next():
            pass
        await a_lane(self.db, self.sent.post).send_due()

    async def member(
        self, handle: str | None = None, *, verified: bool = True, password: str | None = None
    ) -> Me:
        """Register a member. Without a password this skips the slow hash."""
        handle = handle or f"somebody-{next(_numbers)}"
        email = f"{handle}@mail.example"
        sealed = await passwords.seal_secret(password) if password else None
        async with self.db.begin() as tx:
            account = NewAccount(handle=handle, email=email, password=PASSWORD)
            me = await accounts.register(tx, account, sealed)
            if verified:
                await accounts.mark_address_verified(tx, MemberId(me.id), email)
        return me

    async def signed_in(self, handle: str | None = None, *, administrator: bool = False) -> tuple[Me, str]:
        """Register a member and start a session; return both the member and the token."""
        me = await self.member(handle)
        async with self.db.begin() as tx:
            if administrator:
                await insert_duty(tx, MemberId(me.id), ADMINISTRATOR)
        return me, await self.token_for(me)

    async def send_waiting_notifications(self) -> None:
        """E-mail the notifications that are still unread after ten minutes."""
        with clock.stop_at(clock.now() + timedelta(minutes=11)):
            await send_digests(self.db, self.sent)

    async def token_for(self, me: Me) -> str:
        """Start a session for a member; return the token."""
        async with self.db.begin() as tx:
            token = await start_session(tx, MemberId(me.id), new_secret(), "the tests")
        assert token is not None
        return token

    async def actor(self, token: str) -> Actor | None:
        """Return the actor that a token belongs to."""
        async with self.db.read() as tx:
            return await find_actor(tx, token, clock.now())

    async def events(self, channel: str) -> list[dict[str, Any]]:
        """Return the events in the log of a channel, oldest first."""
        rows = await raw_sql(self.db).fetch("SELECT event FROM log WHERE channel = $1 ORDER BY seq", channel)
        return [row["event"] for row in rows]

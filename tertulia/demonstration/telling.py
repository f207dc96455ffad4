"""Tells the story to an empty database: everything goes through the API, with the clock at the time of each event."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx2
from msgspec import Struct

from core import clock
from core.ids import MemberId
from members.accounts import accounts, sessions
from members.accounts.credentials import normalize_address
from members.accounts.passwords import seal_secret
from members.profiles import duties
from members.shapes import DutyKind, NewAccount
from members.tokens import new_secret
from tertulia.context import AppContext
from tertulia.demonstration.story import Invented, Story
from tertulia.event_handlers import make_event_handlers
from tertulia.http.look_around import PASSWORD
from tertulia.mail.lane import MailLane
from tertulia.mail.transport import make_mailer
from tertulia.scheduled_jobs import make_scheduled_jobs
from tertulia.web import create_app
from tertulia.worker import Worker

# Sessions of administrators end after seven days.
_SESSION_DAYS = 6


class Step(Struct):
    """Something that happens at a time."""

    at: datetime
    happen: Callable[[], Awaitable[None]]


class Telling:
    """The people of a story and what happens with them, in the order of time."""

    def __init__(self, context: AppContext, story: Story, client: httpx2.AsyncClient) -> None:
        self.context = context
        self.story = story
        self.client = client
        self.begins_at = clock.now()
        self.steps: list[Step] = []
        self.joined = {person.handle: person.joined for person in story.people}
        self.administrator = next(person.handle for person in story.people if person.administers)
        self.members: dict[str, MemberId] = {}
        self.topics: dict[str, int] = {}
        self._tokens: dict[str, tuple[str, datetime]] = {}

    def at(self, days: float, happen: Callable[[], Awaitable[None]]) -> None:
        """Let something happen so many days before the demonstration begins."""
        self.steps.append(Step(self.begins_at - timedelta(days=days), happen))

    async def tell(self, say: Callable[[int, int], None]) -> None:
        """Let everything happen, and what follows from it; `say(done, all)` is called after each step."""
        worker = Worker(
            self.context.db,
            make_event_handlers(self.context.settings),
            jobs=make_scheduled_jobs(self.context.settings),
        )
        mail = MailLane(self.context.db, make_mailer(self.context.settings))
        # Steps can add steps, which are later than they are.
        done = 0
        while done < len(self.steps):
            self.steps.sort(key=lambda step: step.at)
            step = self.steps[done]
            with clock.stop_at(step.at):
                await step.happen()
                while await worker.handle_next() or await worker.run_due_jobs() or await mail.send_due():
                    pass
            done += 1
            say(done, len(self.steps))

    async def join(self, person: Invented, email: str) -> None:
        """Let a person join, with a confirmed address, a public profile and their roles."""
        account = NewAccount(
            handle=person.handle, email=email, password=PASSWORD, display_name=person.name, accepted=True
        )
        sealed = await seal_secret(PASSWORD)
        async with self.context.db.begin() as tx:
            me = await accounts.register(tx, account, sealed)
            member = self.members[person.handle] = MemberId(me.id)
            await accounts.mark_address_verified(tx, member, normalize_address(email))
        if person.administers:
            await self.give_duty(person.handle, "administrator")
        if person.moderates:
            await self.give_duty(person.handle, "moderator", person.moderates)

    async def give_duty(self, handle: str, duty: DutyKind, where: str | int | None = None) -> None:
        """Give a person a role: in the whole community, in a sector, or in an event."""
        async with self.context.db.begin() as tx:
            scope = await duties.find_duty_scope(tx, duty, where)
            await duties.insert_duty(tx, self.members[handle], scope)

    async def ask(
        self, handle: str, method: str, path: str, body: object = None, if_match: int | None = None
    ) -> Any:
        """Send a request to the API as a person, and return what it answers; raise RuntimeError if it is refused."""
        headers = {"Authorization": f"Bearer {await self.token(handle)}"}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        answer = await self.client.request(method, f"/api/v1{path}", json=body, headers=headers)
        if answer.status_code >= 400:
            raise RuntimeError(f"{handle}: {method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    async def token(self, handle: str) -> str:
        """Return the token of a session of a person, which lasts for some days more."""
        known = self._tokens.get(handle)
        if known is None or clock.now() - known[1] > timedelta(days=_SESSION_DAYS):
            async with self.context.db.begin() as tx:
                token = await sessions.start_session(tx, self.members[handle], new_secret())
            if token is None:
                raise RuntimeError(f"{handle} cannot sign in")
            known = self._tokens[handle] = token, clock.now()
        return known[0]


@asynccontextmanager
async def a_telling(context: AppContext, story: Story) -> AsyncIterator[Telling]:
    """Provide a telling whose requests go to the application in this process."""
    transport = httpx2.ASGITransport(app=create_app(context))
    async with httpx2.AsyncClient(transport=transport, base_url=context.settings.url) as client:
        yield Telling(context, story, client)

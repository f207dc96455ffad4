"""A decided case with an appeal, and the people involved."""

import httpx2
import pytest_asyncio
from msgspec import Struct

from tests.support.moderation.cases import WHY, mails
from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

BODY = {"body": "It is a quotation."}


class DecidedCase(Struct):
    """A post about which Ada decides; the time in which she can undo the decision is over."""

    ada: Person
    ben: Person
    author: Person
    flagger: Person
    member: Person
    topic: int
    post: int
    case: int
    decision: int = 0

    async def decide(self, action: str) -> None:
        case = (await self.ada.get(f"/cases/{self.case}")).json()
        given = {"version": case["version"], "action": action} | ({"reason": WHY} if action == "hide" else {})
        decided = await self.ada.post(f"/cases/{self.case}/decisions", given)
        assert decided.status_code == 201, decided.text
        self.decision = decided.json()["id"]
        db = self.ada.service.db
        await raw_sql(db).execute("UPDATE decisions SET decided_at = decided_at - interval '12 seconds'")

    async def appeal(self, person: Person) -> httpx2.Response:
        return await person.post(f"/decisions/{self.decision}/appeal", BODY)

    async def answer(self, person: Person, appeal: int, outcome: str) -> httpx2.Response:
        given = {"outcome": outcome, "answer": "I looked at it again."}
        return await person.put(f"/appeals/{appeal}/answer", given)


@pytest_asyncio.fixture
async def decided_case(app: Service) -> DecidedCase:
    ada, ben = [await a_person(app, name, duties=[("moderator", "mobility")]) for name in ("Ada", "Ben")]
    author, flagger, member = [await a_person(app, name) for name in ("Author", "Flagger", "Mia")]
    topic = (await a_topic(ada))["id"]
    post = (await a_reply(author, topic, "Buy cobalt here"))["id"]
    assert (await flagger.post(f"/posts/{post}/flags", {"reason": "spam"})).status_code == 201
    case = (await ada.get("/cases")).json()["items"][0]["id"]
    mails(app)
    return DecidedCase(ada, ben, author, flagger, member, topic, post, case)

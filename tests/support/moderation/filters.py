"""Active automatic filters, and people whose posts they hold."""

from typing import Any

import pytest_asyncio
from msgspec import Struct

from tests.support.moderation.cases import mails
from tests.support.people import Person, a_person, a_topic
from tests.support.service import Service

WHY = {"rule": "No gambling", "facts": "It leads to a casino."}
PHRASES = {"kind": "phrases", "phrases": ["casino"]}


class FilteredTopic(Struct):
    """A topic in a sector where an automatic filter holds posts with the word casino."""

    app: Service
    ada: Person
    ben: Person
    author: Person
    member: Person
    topic: int
    rule: int

    async def held(
        self, body: str = "Try my casino", parent: int | None = None, **headers: str
    ) -> dict[str, Any]:
        given = {"body": body} | ({"parent": parent} if parent else {})
        answer = await self.author.post(f"/topics/{self.topic}/posts", given, headers=headers)
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def case(self) -> dict[str, Any]:
        return (await self.ada.get("/cases")).json()["items"][0]  # type: ignore[no-any-return]

    async def decide(self, action: str, **more: Any) -> dict[str, Any]:
        case = await self.case()
        reason = {"reason": WHY} if action == "hide" else {}
        given = {"version": case["version"], "action": action, **reason, **more}
        made = await self.ada.post(f"/cases/{case['id']}/decisions", given)
        assert made.status_code == 201, made.text
        return made.json()  # type: ignore[no-any-return]

    async def measured(self) -> dict[str, int]:
        return (await self.ada.get(f"/rules/{self.rule}")).json()["measured"]  # type: ignore[no-any-return]

    async def bodies(self, who: Person) -> list[str]:
        posts = (await who.get(f"/topics/{self.topic}/posts")).json()["items"]
        return [post["html"] for post in posts]


async def activate_filter(app: Service, person: Person, **facts: Any) -> int:
    """Create a filter and activate it in every process; return its id."""
    made = await person.post("/rules", {"name": "Casinos", "sector": "mobility", "test": PHRASES} | facts)
    assert made.status_code == 201, made.text
    assert (await person.put(f"/rules/{made.json()['id']}/force")).status_code == 200
    for context in app.contexts:
        context.screening.invalidate()
    return int(made.json()["id"])


@pytest_asyncio.fixture
async def filtered(app: Service) -> FilteredTopic:
    ada, ben = [await a_person(app, name, duties=[("moderator", "mobility")]) for name in ("Ada", "Ben")]
    author, member = await a_person(app, "Author"), await a_person(app, "Mia")
    topic = (await a_topic(author))["id"]
    rule = await activate_filter(app, ada, told="Gambling is looked at first.")
    mails(app)
    return FilteredTopic(app, ada, ben, author, member, topic, rule)

"""Indexed posts in several languages, for tests of the search."""

import pytest_asyncio

from tests.support.people import Person, a_person
from tests.support.service import Service


class Archive:
    """Posts and the people who search them."""

    def __init__(self, app: Service, amina: Person, jonas: Person) -> None:
        self.app, self.amina, self.jonas = app, amina, jonas

    async def find(self, query: str, who: Person | None = None, **more: str) -> dict[str, object]:
        """Run the waiting jobs, then search; return the page of results."""
        await self.app.run_jobs()
        answer = await (who or self.jonas).get("/search", params={"q": query, **more})
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    async def titles(self, query: str, who: Person | None = None) -> set[str]:
        """Return the titles of the topics that match a query."""
        return {hit["title"] for hit in (await self.find(query, who))["items"]}  # type: ignore[attr-defined]


@pytest_asyncio.fixture
async def archive(app: Service) -> Archive:
    amina, jonas = await a_person(app), await a_person(app, "Jonas")
    return Archive(app, amina, jonas)

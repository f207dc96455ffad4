"""Indexed posts in several languages, and the list of queries with their right answers, for tests of the search."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest_asyncio
from msgspec import Struct, convert

from tests.support.people import Person, a_person
from tests.support.service import Service

FOLDER = Path(__file__).parents[1] / "data" / "search"
# A right answer is one of this many topics at the top of the results.
TOP = 3


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


class Text(Struct, frozen=True):
    """The first post of a topic, and the queries to which the topic is the right answer."""

    title: str
    body: str
    queries: list[str]


class _File(Struct, frozen=True):
    texts: list[Text]


def read_texts() -> Iterator[Text]:
    """Yield the texts of all languages."""
    for path in sorted(FOLDER.glob("*.toml")):
        yield from convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).texts


async def find_misses(reader: Person, texts: list[Text]) -> list[str]:
    """Return the queries that do not have the right answer among the first results, each with what was found instead."""
    misses = []
    for text in texts:
        for query in text.queries:
            answer = await reader.get("/search", params={"q": query})
            titles = [hit["title"] for hit in answer.json()["items"][:TOP]]
            if text.title not in titles:
                misses.append(f"{query!r} finds {titles}, not {text.title!r}")
    return misses

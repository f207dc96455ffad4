"""A stock-taking board for tests, with its curator and a member."""

from typing import Any

from msgspec import Struct

from tests.support.people import Person, a_person
from tests.support.service import Service

FORM = {
    "fields": [
        {"key": "title", "label": "Case", "type": "text", "required": True},
        {"key": "kind", "label": "Kind of case", "type": "one_of", "taxonomy": "case-kinds"},
        {"key": "issues", "label": "Impact areas", "type": "some_of", "taxonomy": "impact-areas"},
        {"key": "country", "label": "Country", "type": "country"},
        {"key": "amount", "label": "Amount", "type": "number"},
        {"key": "since", "label": "Since", "type": "date"},
        {"key": "what", "label": "What it is", "type": "long_text"},
        {"key": "link", "label": "Source", "type": "link"},
        {"key": "paper", "label": "Paper", "type": "file"},
        {"key": "said", "label": "Said in", "type": "reference"},
    ]
}
LONG_AGO = "2020-01-01T00:00:00Z"


class Table(Struct):
    """A board that accepts entries, its curator, and a member who adds entries."""

    service: Service
    board: dict[str, Any]
    curator: Person
    member: Person

    @property
    def id(self) -> int:
        """The id of the board."""
        return int(self.board["id"])

    async def add(
        self, title: str = "Cobalt tracing", who: Person | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Add an entry and return it."""
        source = fields.pop("source", None)
        given = {"fields": {"title": title} | fields} | ({"source": source} if source else {})
        answer = await (who or self.member).post(f"/boards/{self.id}/entries", given)
        assert answer.status_code == 201, answer.text
        entry: dict[str, Any] = answer.json()
        return entry

    async def titles(self, query: str = "", who: Person | None = None) -> list[str]:
        """Return the titles of the entries that a person sees in the board's table."""
        answer = await (who or self.member).get(f"/boards/{self.id}/entries{query}")
        assert answer.status_code == 200, answer.text
        return [entry["title"] for entry in answer.json()["items"]]

    async def change(self, **change: Any) -> dict[str, Any]:
        """Change the board as its curator."""
        answer = await self.curator.patch(f"/boards/{self.id}", change)
        assert answer.status_code == 200, answer.text
        board: dict[str, Any] = answer.json()
        return board


async def a_board(app: Service, **more: Any) -> Table:
    """Create a board in the sector mobility that accepts entries."""
    curator = await a_person(app, "Mod", duties=[("moderator", "mobility")])
    given = {"title": "Good practice", "form": FORM, "opens_at": LONG_AGO} | more
    answer = await curator.post("/sectors/mobility/boards", given)
    assert answer.status_code == 201, answer.text
    return Table(app, answer.json(), curator, await a_person(app, "Amina"))

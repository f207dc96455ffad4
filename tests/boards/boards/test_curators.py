"""Curators of a board: who is appointed, by which spelling of a handle."""

from storage.database import Database
from tests.support.boards import a_board
from tests.support.people import a_person
from tests.support.service import Service, raw_sql


async def test_curators_are_found_by_any_spelling_of_their_handle(app: Service, db: Database) -> None:
    table = await a_board(app)
    moderator = await a_person(table.service, "Mod", duties=[("moderator", "mobility")])
    path = f"/boards/{table.id}/curators"

    appointed = await moderator.put(f"{path}/{table.member.handle.upper()}")

    assert appointed.status_code == 204, appointed.text
    curators = "SELECT member_id FROM board_curators WHERE board_id = $1"
    assert await raw_sql(db).fetchval(curators, table.id) == table.member.id
    assert (await moderator.delete(f"{path}/{table.member.handle.title()}")).status_code == 204
    assert await raw_sql(db).fetch(curators, table.id) == []
    refused = await moderator.put(f"{path}/nobody-at-all")
    assert (refused.status_code, refused.json()["code"]) == (422, "no_such_curator")

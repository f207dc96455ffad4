"""The audit log: it records every decision in a hash chain, and the service's database role can only append to it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner

from storage import schema
from storage.audit import verify
from storage.database import Database, Reader, connect
from storage.embedded.postgres import Cluster
from tertulia.cli import cli
from tests.support.command_line import tertulia
from tests.support.moderation.appeals import DecidedCase, decided_case  # noqa: F401 (a fixture)
from tests.support.people import Person, a_person
from tests.support.service import Service, raw_sql

HTML = {"Accept": "text/html"}


async def heads(db: Database) -> int:
    return int(await raw_sql(db).fetchval("SELECT number FROM audit_head"))


async def since(db: Database, number: int) -> list[dict[str, Any]]:
    rows = await raw_sql(db).fetch("SELECT * FROM audit WHERE number > $1 ORDER BY number", number)
    return [dict(row) for row in rows]


async def test_everything_that_is_decided_is_written_down(
    db: Database,
    decided_case: DecidedCase,
) -> None:
    start = await heads(db)
    await decided_case.decide("hide")
    assert (await decided_case.ada.delete(f"/decisions/{decided_case.decision}")).status_code == 409, (
        "it has settled"
    )
    appeal = (await decided_case.appeal(decided_case.author)).json()["id"]
    assert (await decided_case.answer(decided_case.ben, appeal, "reversed")).status_code == 200

    rows = [row for row in await since(db, start) if row["about"].get("case") == decided_case.case]
    told = [(row["kind"], row["by_id"]) for row in rows]
    assert told == [
        ("decided", decided_case.ada.id),
        ("appealed", None),
        ("taken_back", decided_case.ben.id),
        ("appeal_answered", decided_case.ben.id),
    ]
    assert (
        rows[0]["about"] | {"rule": "No selling", "facts": "It sells.", "action": "hide"} == rows[0]["about"]
    )
    assert {row["sector_id"] for row in rows} == {rows[0]["sector_id"]} != {None}
    async with db.read() as tx:
        assert (await verify(tx)).broken is None


async def test_what_is_undone_stays_in_the_audit_alone(db: Database, decided_case: DecidedCase) -> None:
    start = await heads(db)
    given = {"version": 1, "action": "hide", "reason": {"rule": "No selling", "facts": "It sells."}}
    decision = (await decided_case.ada.post(f"/cases/{decided_case.case}/decisions", given)).json()["id"]

    assert (await decided_case.ada.delete(f"/decisions/{decision}")).status_code == 200

    assert [row["kind"] for row in await since(db, start)] == ["decided", "undone"]


async def test_who_flags_or_appeals_is_not_in_it(db: Database, decided_case: DecidedCase) -> None:
    start = await heads(db)
    member = decided_case.member
    assert (await member.post(f"/posts/{decided_case.post}/flags", {"reason": "abusive"})).status_code == 201

    [row] = await since(db, start)
    assert (row["kind"], row["by_id"]) == ("noticed", None)
    assert row["about"] == {"case": decided_case.case, "reason": "abusive"}


async def test_duties_are_written_down_with_who_gave_them(app: Service, db: Database) -> None:
    root, mia = await a_person(app, "Root", duties=[("administrator", None)]), await a_person(app, "Mia")
    start = await heads(db)

    for method in (root.put, root.delete):
        assert (await method(f"/members/{mia.handle}/duties/moderator/mobility")).status_code == 204

    given, taken = await since(db, start)
    assert [(row["kind"], row["by_id"]) for row in (given, taken)] == [
        ("duty_given", root.id),
        ("duty_taken", root.id),
    ]
    assert given["about"] == {"member": mia.id, "duty": "moderator"}


async def test_the_services_own_role_adds_to_it_and_no_more(db: Database) -> None:
    async with db.begin() as tx:
        # A kind that pages know: these rows stay for the tests that come later.
        tx.audit("lane_opened", sector=None)
    number = await heads(db)
    row = await raw_sql(db).fetchrow("SELECT * FROM audit WHERE number = $1", number)
    refused = (
        "UPDATE audit SET kind = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE audit_head SET number = 0",
        "DROP TABLE audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "DROP FUNCTION audit_stays() CASCADE",
    )
    for attempt in refused:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await raw_sql(db).execute(attempt)
    # The database chooses numbers and hashes, not the service.
    await raw_sql(db).execute(
        "INSERT INTO audit VALUES (1, now(), 'lane_opened', NULL, NULL, NULL, '{}', '\\x00', '\\x00')"
    )
    assert await heads(db) == number + 1
    assert await raw_sql(db).fetchrow("SELECT * FROM audit WHERE number = $1", number) == row
    async with db.read() as tx:
        assert (await verify(tx)).broken is None


async def test_rows_written_at_once_make_one_chain_without_gaps(db: Database) -> None:
    start = await heads(db)

    async def write(place: int) -> None:
        async with db.begin() as tx:
            tx.audit("duty_given", member=place)
            if place % 5 == 0:
                raise ValueError

    await asyncio.gather(*(write(place) for place in range(40)), return_exceptions=True)

    rows = await since(db, start)
    assert [row["number"] for row in rows] == list(range(start + 1, start + 33))
    assert {row["about"]["member"] for row in rows} == {place for place in range(40) if place % 5}
    async with db.read() as tx:
        assert (await verify(tx)).broken is None


@pytest.fixture(scope="module")
def chained(cluster: Cluster) -> Iterator[str]:
    """Return a database of its owner with nine entries in its audit log."""
    url = cluster.create_database("chained")

    async def fill() -> None:
        await schema.migrate(url)
        db = await connect(url, size=1)
        for place in range(9):
            async with db.begin() as tx:
                tx.audit("tested", by=place, place=place, said="Ärger\n" * place)
        await db.close()

    asyncio.run(fill())
    yield url
    cluster.drop_database("chained")


def test_what_an_owner_altered_is_found_and_named(chained: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", chained)

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(cli, ["audit", "verify", *arguments])

    async def alter(*sql: str) -> None:
        connection = await asyncpg.connect(chained)
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(sql[0])
        for each in ("ALTER TABLE audit DISABLE TRIGGER audit_stays", *sql):
            await connection.execute(each)
        await connection.execute("ALTER TABLE audit ENABLE TRIGGER audit_stays")
        await connection.close()

    async def head() -> str:
        connection = await asyncpg.connect(chained)
        row = await connection.fetchrow("SELECT number, encode(hash, 'hex') FROM audit_head")
        await connection.close()
        return f"{row[0]}:{row[1]}"

    noted = asyncio.run(head())
    whole = run()
    assert (whole.exit_code, whole.stdout) == (
        0,
        f"All 9 rows are as they were written. The last: {noted}\n",
    )
    assert run("--noted", noted).exit_code == 0
    assert run("--noted", "9:" + "0" * 64).exit_code == 1
    assert run("--noted", "nine").exit_code == 2

    asyncio.run(alter("UPDATE audit SET about = jsonb_set(about, '{place}', '99') WHERE number = 6"))
    broken = run()
    asyncio.run(alter("UPDATE audit SET about = jsonb_set(about, '{place}', '5') WHERE number = 6"))
    assert (broken.exit_code, broken.stdout) == (1, "Row 6 is not as it was written: it was changed.\n")


@pytest.mark.parametrize(
    ("sql", "row"),
    [
        ("UPDATE audit SET by_id = NULL WHERE number = 3", 3),
        ("UPDATE audit SET at = at + interval '1 microsecond' WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 5", 5),
        ("DELETE FROM audit WHERE number = 9", 9),
        ("DELETE FROM audit", 1),
        ("UPDATE audit SET previous = hash WHERE number = 2", 2),
        ("UPDATE audit SET hash = sha256('x') WHERE number = 4", 4),
    ],
)
def test_the_first_broken_row_is_named_whatever_was_done(chained: str, sql: str, row: int) -> None:
    async def look() -> Any:
        connection = await asyncpg.connect(chained)
        before = await verify(Reader(connection))
        changing = connection.transaction()
        await changing.start()
        await connection.execute("ALTER TABLE audit DISABLE TRIGGER audit_stays")
        await connection.execute(sql)
        found = await verify(Reader(connection))
        await changing.rollback()
        await connection.close()
        return before.broken, found.broken

    assert asyncio.run(look()) == (None, row)


async def test_those_with_a_duty_read_what_was_done_where_they_have_it(
    app: Service,
    decided_case: DecidedCase,
) -> None:
    await decided_case.decide("hide")
    root = await a_person(app, "Root", duties=[("administrator", None)])
    stranger = await a_person(app, "Stan", duties=[("moderator", "electronics")])

    async def cases_in(person: Person) -> set[int | None]:
        answer = await person.get("/audit?kind=decided")
        return {entry["about"].get("case") for entry in answer.json()["items"]}

    assert decided_case.case in await cases_in(decided_case.ben)
    assert decided_case.case in await cases_in(root)
    assert decided_case.case not in await cases_in(stranger)
    assert (await decided_case.member.get("/audit")).status_code == 403
    page = (await decided_case.ben.client.get("/audit?kind=decided", headers=HTML)).text
    assert f"/queue?case={decided_case.case}" in page
    assert decided_case.flagger.handle not in (await root.get("/audit")).text
    assert decided_case.author.handle not in (await root.get("/audit?kind=noticed")).text


async def test_the_command_line_writes_down_what_it_gives(
    app: Service, db: Database, cluster: Cluster
) -> None:
    mia = await a_person(app, "Mia")
    start = await heads(db)
    environment = {"TERTULIA_DATA": str(cluster.log.parent)}

    [(given, _, _), (verified, said, _)] = await tertulia(
        environment, ["duty", "grant", mia.handle, "administrator"], ["audit", "verify"]
    )

    assert (given, verified) == (0, 0), said
    assert [row["kind"] for row in await since(db, start)] == ["duty_given"]

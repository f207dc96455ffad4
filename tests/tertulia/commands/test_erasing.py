"""`tertulia member erase`, and that a restored backup brings nobody back."""

from pathlib import Path

from storage.database import Database
from tests.support.command_line import tertulia
from tests.support.erasure.canary import NAME, WORDS, a_canary, find_in_tables
from tests.support.people import a_person, a_topic
from tests.support.service import Service, raw_sql


async def test_an_erased_member_stays_erased_after_a_restore(
    app: Service,
    db: Database,
    environment: dict[str, str],
    target: tuple[str, str],
    tmp_path: Path,
) -> None:
    canary = await a_canary(app)
    url, owner = target
    folder = tmp_path / "backups"
    erase = ["member", "erase", canary.member.handle, "--posts", "delete"]
    answers = await tertulia(
        environment,
        ["backup", "--to", str(folder)],
        erase,
        [*erase, "--yes"],
        ["member", "erasures"],
        [*erase, "--yes"],
    )
    back_up, unconfirmed, erased, listed, again = answers
    assert back_up[0] == 0, back_up[2]
    assert unconfirmed[0] == 130 and "your drafts: 1, deleted" in unconfirmed[1]
    assert (erased[0], erased[1].splitlines()[-1]) == (0, f"{canary.member.handle} is erased."), erased
    assert listed[1].startswith(f"{canary.member.id} ") and listed[1].endswith(" entries,posts,rooms\n")
    assert (again[0], "not_found" in again[2]) == (1, True)
    assert await find_in_tables(app.owner_url, NAME, WORDS) == {}
    # What an operator does who has lost the machine, but not the list of erasures.
    [path] = folder.glob("*.gz")
    (tmp_path / "kept.txt").write_text(listed[1])
    elsewhere = {
        **environment,
        "DATABASE_URL": url,
        "TERTULIA_OWNER_URL": owner,
        "TERTULIA_DATA": str(tmp_path / "new"),
    }
    bad = tmp_path / "bad.txt"
    bad.write_text("Amina\n")
    restore = ["restore", str(path), "--erasures"]
    refused, done = await tertulia(elsewhere, [*restore, str(bad)], [*restore, str(tmp_path / "kept.txt")])
    assert (refused[0], "line 1 is not that of an erasure" in refused[2]) == (1, True), refused
    assert done[0] == 0, done[2]
    assert "erased since the backup, and are erased again: 1." in done[1]

    assert await find_in_tables(owner, NAME, WORDS) == {}
    assert (tmp_path / "new" / "erasures.txt").read_text() == listed[1]


async def test_the_list_is_put_beside_backups_and_read_from_there(
    app: Service, db: Database, environment: dict[str, str], target: tuple[str, str], tmp_path: Path
) -> None:
    member = await a_person(app, NAME.title())
    await a_topic(member)
    erase = ["member", "erase", member.handle, "--posts", "keep", "--yes"]
    back_up = ["backup", "--to", str(tmp_path / "backups")]
    for status, _, complained in await tertulia(environment, back_up, erase, back_up):
        assert status == 0, complained
    first, _ = sorted((tmp_path / "backups").glob("*.gz"))
    url, owner = target
    elsewhere = {
        **environment,
        "DATABASE_URL": url,
        "TERTULIA_OWNER_URL": owner,
        "TERTULIA_DATA": str(tmp_path),
    }
    [(status, said, complained)] = await tertulia(elsewhere, ["restore", str(first)])
    assert status == 0, complained
    assert "erased again: 1." in said
    assert await find_in_tables(owner, NAME) == {}
    assert await raw_sql(db).fetchval("SELECT count(*) FROM topics") == 1

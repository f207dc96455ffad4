"""`tertulia backup --to s3://...` and `restore s3://...`, with a store that speaks S3."""

import os
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

import pyrage
import pytest
from localbucket import S3Handler
from msgspec import Struct

from storage.backups.shapes import BackupFailed
from storage.database import Database
from tertulia.commands import backup_places
from tertulia.commands.backup_places import find_file, find_place
from tests.support.command_line import tertulia
from tests.support.erasure.canary import NAME, find_in_tables
from tests.support.people import a_person, a_topic
from tests.support.service import Service

URL = "s3://backups/forum"


class Store(Struct):
    """A store: the variables by which programs find it, and its folders on this machine."""

    variables: dict[str, str]
    folder: Path

    def names(self) -> list[str]:
        """Return the names of all files in it, also of parts of unfinished ones."""
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store with one bucket."""
    folder = tmp_path / "store"
    (folder / "backups").mkdir(parents=True)
    monkeypatch.setattr(S3Handler, "data_root", folder, raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), S3Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
    variables = keys | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_address[1]}"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield Store(variables, folder)
    server.shutdown()
    thread.join()
    server.server_close()


async def test_backups_in_a_store_are_restored_with_the_erasures_since(
    app: Service,
    db: Database,
    environment: dict[str, str],
    target: tuple[str, str],
    store: Store,
    tmp_path: Path,
) -> None:
    member = await a_person(app, NAME.title())
    await a_topic(member)
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "key").write_text(f"{key}\n")
    here = {**environment, **store.variables}
    back_up = ["backup", "--to", URL, "--recipient", str(key.to_public())]
    erase = ["member", "erase", member.handle, "--posts", "keep", "--yes"]
    first, erased = await tertulia(here, back_up, erase)
    assert (first[0], erased[0]) == (0, 0), (first, erased)
    address = first[1].strip()
    [name] = store.names()
    assert address == f"{URL}/{name}"
    assert (store.folder / "backups" / "forum" / name).read_bytes().startswith(b"age-encryption.org")

    # So that the second one has another name, whatever the clock says.
    older = store.folder / "backups" / "forum" / "tertulia-2020-01-01T000000Z.tar.gz.age"
    older.write_bytes(b"an old one")
    [again] = await tertulia(here, [*back_up, "--keep", "2"])
    assert again[0] == 0, again[2]
    assert store.names() == sorted({"erasures.txt", name, again[1].strip().rpartition("/")[2]})

    url, owner = target
    elsewhere = here | {"DATABASE_URL": url, "TERTULIA_OWNER_URL": owner, "TERTULIA_DATA": str(tmp_path)}
    missing, restored = await tertulia(
        elsewhere,
        ["restore", f"{URL}/nothing.tar.gz"],
        ["restore", address, "--identity", str(tmp_path / "key")],
    )
    assert (missing[0], missing[2].count("\n"), "cannot be used" in missing[2]) == (1, 1, True), missing
    assert restored[0] == 0, restored[2]
    assert "erased again: 1." in restored[1]
    assert await find_in_tables(owner, NAME) == {}


def test_a_file_of_many_parts_appears_complete_or_not_at_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_places, "_PART_SIZE", 5 * 1024 * 1024)
    content, place = os.urandom(12_000_000), find_place(URL)
    with pytest.raises(BrokenPipeError), place.new_file("tertulia-1.tar.gz") as output:
        _write_and_fail(output, content)
    assert store.names() == []
    with place.new_file("tertulia-1.tar.gz") as output:
        for start in range(0, len(content), 65_536):
            output.write(content[start : start + 65_536])
        assert store.folder.joinpath("backups", "forum", "tertulia-1.tar.gz").exists() is False
    assert store.names() == ["tertulia-1.tar.gz"]
    found, name = find_file(f"{URL}/tertulia-1.tar.gz")
    with found.opened(name) as source:
        assert source.read(10) + source.read() == content


def test_only_backups_of_the_folder_itself_are_deleted(store: Store) -> None:
    for path in ("1.tar.gz", "2.tar.gz", "0/tertulia-1.tar.gz", "0/tertulia-2.tar.gz"):
        where, name = find_file(f"{URL}/tertulia-{path}")
        with where.new_file(name) as output:
            output.write(b"x")
    find_place(URL).keep_newest(1)
    assert store.names() == ["tertulia-1.tar.gz", "tertulia-2.tar.gz", "tertulia-2.tar.gz"]


def test_what_the_store_refuses_is_one_sentence(store: Store) -> None:
    refusal = r"^s3:.* cannot be used: [^\n]+$"
    with pytest.raises(BackupFailed, match=refusal):
        find_place("s3://")
    with (
        pytest.raises(BackupFailed, match=refusal),
        find_place("s3://nothing/forum").new_file("tertulia-1.tar.gz") as output,
    ):
        output.write(b"x")
    assert store.names() == []


def _write_and_fail(output: BinaryIO, content: bytes) -> None:
    output.write(content)
    raise BrokenPipeError

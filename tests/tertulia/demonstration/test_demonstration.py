"""The demonstration as somebody runs it: from an empty folder to a room in which people ask, and to Ctrl-C."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect

from tertulia.demonstration.attendees import FEW
from tertulia.http.look_around import LOOK_AROUND, PASSWORD
from tertulia.settings import variable
from tests.support.programs import a_data_folder

LABEL = "This is a demonstration"
# Seconds for what takes ten on a machine with nothing else to do.
PATIENCE = 240


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with a_data_folder() as found:
        yield found


@asynccontextmanager
async def demonstration(folder: Path, **more: str) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """Run the command, and yield the address that it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TERTULIA_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tertulia", "demo", "--data", str(folder), "--port", "0"),
        env=environment | more,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    errors = asyncio.create_task(process.stderr.read())
    try:
        async with asyncio.timeout(PATIENCE):
            while line := (await process.stdout.readline()).decode():
                if found := re.fullmatch(r"Tertulia is at (\S+)\n", line):
                    break
            else:
                raise AssertionError((await errors).decode())
        yield found[1], process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), PATIENCE)
        await errors


async def shown(client: httpx2.AsyncClient, path: str) -> str:
    answer = await client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.text


async def some_questions(client: httpx2.AsyncClient) -> None:
    """Wait until the attendees have asked the first questions."""
    async with asyncio.timeout(PATIENCE):
        while len((await client.get("/api/v1/rooms/2/questions")).json()["items"]) < FEW:  # noqa: ASYNC110 (they ask)
            await asyncio.sleep(0.2)


async def test_somebody_can_look_around_at_once_and_ctrl_c_ends_it(folder: Path) -> None:
    """It takes longer than 20 s, because it makes a database and tells a story of ninety days."""
    async with demonstration(folder) as (url, process), httpx2.AsyncClient(base_url=url) as client:
        for path in ("/", "/s/electronics", "/g", "/b/1", "/r/1", "/r/2", "/r/2/stage", "/signin", "/help"):
            assert LABEL in await shown(client, path), path
        assert "Who audits the refiners that nobody lists?" in await shown(client, "/s/electronics")
        record = await shown(client, "/r/1?show=answered")
        assert "About once in two hundred bags." in record

        await some_questions(client)
        for handle, _ in LOOK_AROUND.people:
            given = {"login": handle, "password": PASSWORD}
            signed_in = await client.post("/api/v1/sessions", json=given)
            assert signed_in.status_code == 201, signed_in.text
        moderator = {"Authorization": f"Bearer {signed_in.json()['token']}"}
        cases = (await client.get("/api/v1/cases", headers=moderator)).json()["items"]
        assert len(cases) == 2
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0


async def test_attendees_take_part_while_somebody_watches_and_it_starts_again_as_it_was(folder: Path) -> None:
    """It takes longer than 20 s, because the attendees wait between two deeds."""
    async with demonstration(folder) as (url, _), httpx2.AsyncClient(base_url=url) as client:
        await some_questions(client)
        async with connect(f"{url.replace('http', 'ws', 1)}/live") as socket:
            await socket.send('{"type": "join", "channel": "room:2"}')
            async with asyncio.timeout(PATIENCE):
                seen = set()
                while len(seen) < 2:
                    frame = str(await socket.recv())
                    seen |= {tag for tag in ("question_asked", "votes", "reactions") if f'"{tag}"' in frame}


async def test_a_community_with_members_is_never_taken_for_a_demonstration() -> None:
    """It takes longer than 20 s, because it makes a database."""
    with a_data_folder() as folder:
        environment = {**os.environ, variable("data"): str(folder)}
        added = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tertulia", "member", "add", "amina", "--email", "a@mail.example"),
            env=environment,
        )
        assert await added.wait() == 0
        with pytest.raises(AssertionError, match="contains a community with members"):
            async with demonstration(folder):
                pass


async def test_a_database_elsewhere_is_refused(folder: Path) -> None:
    with pytest.raises(AssertionError, match="run it without DATABASE_URL"):
        async with demonstration(folder, DATABASE_URL="postgresql://nobody@localhost/nothing"):
            pass

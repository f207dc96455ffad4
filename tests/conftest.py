"""Fixtures of all tests: a real PostgreSQL server, and the running service in one process or in two with Redis."""

from collections.abc import AsyncIterator, Iterator
from io import StringIO
from typing import NamedTuple

import httpx2
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from storage.database import Database
from storage.embedded import postgres
from tertulia.logs import access
from tests.support import rows
from tests.support.browser import chromium, windows  # noqa: F401 (fixtures for all tests)
from tests.support.programs import a_data_folder
from tests.support.rooms.open_room import open_room  # noqa: F401 (a fixture for all tests)
from tests.support.service import Service, a_service

# A deadline for each example would make these tests depend on what else the machine does.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--processes", type=int, default=1, help="web processes over one database; 2 needs Redis"
    )
    parser.addoption(
        "--database",
        help="address of an empty database of another version of PostgreSQL, of which all rows are deleted",
    )


# What can differ when a second process serves the same community: what a process remembers, what it delivers, and what two
# processes write at the same time. Everything else does the same in each process, and is tested with one.
TWO_PROCESSES = (
    "tests/realtime/",  # delivery, presence, tickets, loss of access
    "tests/proofs/test_streams.py",  # old snapshot + events = fresh snapshot
    "tests/proofs/test_leaks.py",
    "tests/proofs/test_room_access.py",
    "tests/proofs/test_deadlocks.py",
    "tests/forum/writing/test_replies.py",  # write batches and idempotency keys
    "tests/forum/drafts/",
    "tests/forum/following/test_read_state.py",
    "tests/forum/text/test_quotes.py",  # pages that a process has rendered
    "tests/gatherings/questions/test_votes.py",
    "tests/gatherings/questions/test_submission.py",
    "tests/gatherings/questions/test_questions.py",
    "tests/gatherings/polls/test_polls.py",
    "tests/gatherings/rooms/",  # presence, attendance, live reactions, slow mode
    "tests/boards/boards/",  # statistics that a process keeps
    "tests/members/accounts/",  # sessions and their end
    "tests/members/profiles/test_duties.py",
    "tests/moderation/cases/test_cooperation.py",
    "tests/moderation/sanctions/",  # suspension takes effect on every process
    "tests/moderation/rules/test_held_posts.py",  # filters that a process has read
    "tests/pages/test_reading.py",
    "tests/pages/test_live_browser.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With two processes, keep the tests that meet the service and are about what can differ."""
    if config.getoption("--processes") > 1:
        kept = [
            item
            for item in items
            if "service" in getattr(item, "fixturenames", ()) and item.nodeid.startswith(TWO_PROCESSES)
        ]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


class Addresses(NamedTuple):
    """The addresses of a database that was started elsewhere: for the service, and for the owner of the tables."""

    url: str
    owner_url: str


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[postgres.Cluster | Addresses]:
    """A database server for this test run. It does not sync to disk, because no test simulates a power failure."""
    if elsewhere := request.config.getoption("--database"):
        yield Addresses(elsewhere, elsewhere)
        return
    with a_data_folder() as data, postgres.start(data, settings={"fsync": "off"}) as running:
        yield running


@pytest_asyncio.fixture(scope="session")
async def service(
    cluster: postgres.Cluster, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """The running service; `--processes 2` makes it two web processes over one database and one Redis."""
    data = tmp_path_factory.mktemp("data")
    processes = request.config.getoption("--processes")
    async with a_service(cluster.url, processes, owner_url=cluster.owner_url, data=data) as running:
        yield running


@pytest_asyncio.fixture
async def db(service: Service, cluster: postgres.Cluster) -> AsyncIterator[Database]:
    """The database of the first web process. The owner of the tables deletes all rows after the test."""
    yield service.db
    await service.finish_requests()
    await rows.delete_all(cluster.owner_url)
    service.clear_caches()


@pytest_asyncio.fixture
async def app(service: Service, db: Database) -> Service:
    """The service with an empty database."""
    return service


@pytest_asyncio.fixture
async def client(app: Service) -> AsyncIterator[httpx2.AsyncClient]:
    """An HTTP client of a visitor; with two processes its requests alternate between them."""
    async with app.client() as visitor:
        yield visitor


@pytest.fixture
def access_log() -> Iterator[StringIO]:
    """The lines that the access log writes during the test, as JSON."""
    lines, before = StringIO(), (access.stream, access.is_json)
    access.to(lines, is_json=True)
    yield lines
    access.to(*before)

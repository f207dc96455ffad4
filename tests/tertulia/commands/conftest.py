"""Fixtures of all tests of commands: the settings of an operator, and another database."""

import os
from collections.abc import Iterator

import pytest

from storage.embedded.postgres import Cluster


@pytest.fixture
def environment(cluster: Cluster) -> dict[str, str]:
    """The settings of an operator whose service runs: only the data folder, where commands find the database."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TERTULIA_", "DATABASE_", "REDIS_"))
    }
    return kept | {"TERTULIA_DATA": str(cluster.log.parent)}


@pytest.fixture
def target(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """An empty database: its address for the role of the service, and for its owner."""
    owner = cluster.create_database("elsewhere")
    yield owner.replace("user=postgres", "user=tertulia"), owner
    cluster.drop_database("elsewhere")

"""The revision of a database: a version of the service does not start on one that a newer version has migrated."""

import pytest

from storage import schema
from storage.embedded.postgres import Cluster
from tertulia.commands.context import open_database
from tertulia.serve import prepare
from tertulia.settings import read_settings
from tests.support.service import Service


async def test_old_code_does_not_start_on_a_newer_schema(
    cluster: Cluster, app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    current, settings = schema.newest(), read_settings({"DATABASE_URL": cluster.url})
    await schema.migrate(cluster.url)
    monkeypatch.setattr(schema, "newest", lambda: "0001")
    with pytest.raises(schema.MigrationFailed) as caught:
        await prepare(settings)
    assert f"The database is at {current}, newer than this version of the service, which knows 0001" in str(
        caught.value
    )
    with pytest.raises(schema.MigrationFailed, match="newer than this version"):
        async with open_database(settings):
            pass
    assert await schema.read_revision(cluster.url) == current

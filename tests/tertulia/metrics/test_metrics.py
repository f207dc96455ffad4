"""The metrics of web processes and workers."""

import asyncio
from datetime import timedelta

from prometheus_client import CollectorRegistry

from core import clock
from storage.database import Database
from storage.quarantine import put_into_quarantine
from tertulia.metrics.collectors import DatabaseCollector
from tertulia.worker import Worker
from tests.support.people import a_person, a_topic
from tests.support.service import Service, raw_sql
from tests.tertulia.metrics.scraping import copy_of, names_of, scrape, value_of


async def test_every_name_says_whose_it_is(app: Service) -> None:
    async with app.client() as client:
        await client.get("/health")
    web = await scrape(app, copy_of(app.contexts[0].registry))
    worker = await scrape(app, CollectorRegistry(), is_worker=True)
    assert all(name.startswith("tertulia_") for name in names_of(web) | names_of(worker))
    assert not any(name.endswith("_created") for name in names_of(web))
    assert "tertulia_process_resident_memory_bytes" in names_of(worker)
    assert "tertulia_live_sockets" in names_of(web) - names_of(worker)


async def test_requests_are_counted_by_route_and_never_by_path(app: Service) -> None:
    topic = (await a_topic(await a_person(app)))["id"]
    async with app.client() as client:
        await client.get(f"/api/v1/topics/{topic}")
        await client.request("HEAD", f"/api/v1/topics/{topic}")
        await client.get("/no/such/address/at/all")
    samples = await scrape(app, copy_of(app.contexts[0].registry))
    routes = {labels["route"] for labels in (dict(rest) for _, rest in samples) if "route" in labels}
    assert {"/api/v1/topics/{topic_id}", "none"} <= routes
    assert not any(f"topics/{topic}" in route or "no/such" in route for route in routes)
    for method in ("GET", "HEAD"):
        labels = {"method": method, "status": "200", "route": "/api/v1/topics/{topic_id}"}
        assert value_of(samples, "tertulia_http_requests_total", **labels) >= 1


async def test_what_waits_is_counted_with_its_age(app: Service, db: Database) -> None:
    sql, now = raw_sql(db), clock.now()
    await a_topic(await a_person(app))
    await app.run_jobs()
    channel, seq = await sql.fetchrow("SELECT channel, seq FROM log WHERE channel LIKE 'topic:%' LIMIT 1")
    insert = "INSERT INTO follow_ups (channel, seq, due_at, dead_at) VALUES ($1, $2, $3, $4)"
    await sql.execute(insert, channel, seq, now - timedelta(minutes=5), None)
    await sql.execute(insert, channel, seq, now, now)
    await sql.execute("INSERT INTO search_queue (post_id) VALUES (1), (2), (3)")
    await put_into_quarantine(db, "search", "1", ValueError("unreadable"))

    samples = await scrape(app, CollectorRegistry())

    assert value_of(samples, "tertulia_follow_ups_due") == 1
    assert value_of(samples, "tertulia_follow_ups_oldest_seconds") >= 300
    assert value_of(samples, "tertulia_follow_ups_dead") == 1
    assert value_of(samples, "tertulia_search_posts_waiting") == 2
    assert value_of(samples, "tertulia_quarantined_items", job="search") == 1
    assert value_of(samples, "tertulia_database_up") == 1
    assert value_of(samples, "tertulia_disk_free_bytes") > 0


async def test_without_the_database_the_other_metrics_are_served(db: Database) -> None:
    collector = DatabaseCollector(Database(_Gone(), db.epoch, db.bus, frozenset()))  # type: ignore[arg-type]
    await collector.refresh()
    assert [(family.name, family.samples[0].value) for family in collector.collect()] == [
        ("tertulia_database_up", 0.0)
    ]


class _Gone:
    """A pool whose database is away."""

    def acquire_nowait(self) -> None:
        return None

    async def acquire(self) -> None:
        raise ConnectionError("gone")


async def test_the_first_post_of_the_search_queue_grows_older_until_it_is_indexed(db: Database) -> None:
    collector = DatabaseCollector(db)
    sql = raw_sql(db)

    async def age() -> float:
        collector.read_at = float("-inf")
        await collector.refresh()
        return next(
            family.samples[0].value
            for family in collector.collect()
            if family.name == "tertulia_search_oldest_seconds"
        )

    assert await age() == 0
    await sql.execute("INSERT INTO search_queue (post_id) VALUES (1), (2)")
    await age()
    first, seen_at = collector.first_to_index
    collector.first_to_index = (first, seen_at - 60)
    assert await age() > 60
    await sql.execute("DELETE FROM search_queue WHERE post_id = 1")
    assert await age() < 60


async def test_runs_of_jobs_are_counted(app: Service, db: Database) -> None:
    work = [True, False]

    async def sweep_next(db: Database) -> bool:
        return work.pop(0) if work else False

    async def fail(db: Database) -> bool:
        raise ValueError("broken")

    worker = Worker(db, {}, jobs=(sweep_next, fail))
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(5):
        while len(worker.statistics.counts) < 2:  # noqa: ASYNC110 (the worker sends no event)
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    counts = worker.statistics.counts
    assert (counts["scheduled", "sweep_next"].done, counts["scheduled", "fail"].failed) == (1, 1)
    assert counts["scheduled", "sweep_next"].ended_at > 0

"""Tests of the health checks, the API description, security headers and compression."""

import httpx2
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from core.disk import Disk
from tertulia.http import health
from tertulia.metrics.collectors import DatabaseCollector
from tests.support.emails.lanes import queue_for
from tests.support.people import a_person
from tests.support.service import Service, raw_sql

MEGABYTE, GIGABYTE = 1 << 20, 1 << 30


async def test_the_service_is_alive_and_ready(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/health")).status_code == 200
    ready = await client.get("/ready")
    assert ready.status_code == 200, ready.text
    well = {"ready": True, "database": True, "bell": True, "delivery": True, "degraded": [], "notes": []}
    assert ready.json() == well | {"mail": {"waiting": 0, "oldest_seconds": 0, "failed": 0}}


async def test_a_full_disk_and_dead_jobs_are_said_in_words_and_make_no_process_unready(
    app: Service, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "read_disk", lambda folder: Disk(folder, 300 * MEGABYTE, 9 * GIGABYTE))
    await raw_sql(app.db).execute(
        "INSERT INTO follow_ups (channel, seq, due_at, dead_at) VALUES ('topic:1', 1, now(), now())"
    )
    state = await client.get("/ready")
    assert state.status_code == 200
    assert state.json()["degraded"] == ["disk", "dead_jobs"]
    disk, dead = state.json()["notes"]
    assert "300 MB free, less than 1024" in disk
    assert dead == "1 follow-up jobs were given up: see `tertulia follow-ups list --dead`."


async def test_emails_that_cannot_be_tried_are_seen(app: Service, client: httpx2.AsyncClient) -> None:
    for person in [await a_person(app) for _ in range(2)]:
        await queue_for(app.db, person.id)
    sql = raw_sql(app.db)
    await sql.execute("UPDATE outbox SET queued_at = now() - interval '11 minutes'")
    await sql.execute("UPDATE outbox SET attempts = 1 WHERE id = (SELECT min(id) FROM outbox)")
    state = (await client.get("/ready")).json()
    assert (state["ready"], state["degraded"], state["mail"]["waiting"]) == (True, ["mail"], 2)
    assert 660 <= state["mail"]["oldest_seconds"] < 720
    collector, registry = DatabaseCollector(app.db), CollectorRegistry()
    await collector.refresh()
    registry.register(collector)
    metrics = generate_latest(registry).decode()
    assert "tertulia_mail_due 2.0" in metrics and 'tertulia_mail_failed{outcome="refused"} 0.0' in metrics

    await sql.execute("INSERT INTO switches (name, set_at) VALUES ('mail_held', now())")
    assert (await client.get("/ready")).json()["degraded"] == [], "an operator wants it so"
    await sql.execute("DELETE FROM switches")
    await sql.execute("UPDATE outbox SET attempts = 1")
    assert (await client.get("/ready")).json()["degraded"] == [], "the mail server takes others"
    await sql.execute("UPDATE outbox SET done_at = now(), outcome = 'failed'")
    assert (await client.get("/ready")).json()["mail"] == {"waiting": 0, "oldest_seconds": 0, "failed": 2}


async def test_the_api_description_loads_nothing_from_other_hosts(client: httpx2.AsyncClient) -> None:
    schema = (await client.get("/api/openapi.json")).json()
    assert schema["openapi"].startswith("3.1")
    assert "/api/v1/topics/{topic_id}/posts" in schema["paths"]
    docs = await client.get("/api/docs")
    assert docs.status_code == 200
    assert "//" not in docs.text.replace("http://", "").replace("application/", "")


async def test_every_response_has_security_headers(client: httpx2.AsyncClient) -> None:
    for path in ("/health", "/api/v1/sectors", "/api/v1/topics/99999999", "/nothing/here"):
        headers = (await client.get(path)).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert len(headers["x-request-id"]) == 16


async def test_a_socket_answers_a_ping(app: Service) -> None:
    async with app.listening("sectors") as feed:
        assert feed.joined["type"] == "joined"
        await feed.socket.send('{"type":"ping"}')
        assert await feed.next("pong")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, GZIP;q=0.1", "gzip"),
        ("gzip;q=0.000 , br", "br"),
    ],
)
async def test_long_responses_are_compressed_if_accepted(
    app: Service, client: httpx2.AsyncClient, method: str, accepted: str, encoding: str
) -> None:
    packed = await client.request(method, "/api/openapi.json", headers={"Accept-Encoding": accepted})
    plain = await client.request(method, "/api/openapi.json", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == encoding
    assert packed.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    short = await client.request(method, "/health", headers={"Accept-Encoding": "gzip"})
    assert short.status_code == 200 and "content-encoding" not in short.headers

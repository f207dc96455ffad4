"""Lanes: hosts open one for an hour, and who comes with its link is not held up by the limits of the shared address."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from core import clock
from storage.database import Database
from storage.embedded.postgres import Cluster
from tests.support.member_service import FROM_HERE, MemberService
from tests.support.people import Person, a_person
from tests.support.service import Service, a_service, raw_sql

PAGE = {"Accept": "text/html"}
TIMES = {"starts_at": "2026-01-01T10:00:00Z", "ends_at": "2099-01-01T10:00:00Z"}
# A hall that is full with three people.
SMALL = """
[register]
failed = 0
address = { burst = 3, count = 1, seconds = 3600 }
lane = { burst = 6, count = 1, seconds = 3600 }
[sign_in]
failed = 2
address = { burst = 3, count = 1, seconds = 3600 }
lane = { burst = 30, count = 1, seconds = 3600 }
"""


async def a_gathering(service: Service) -> tuple[int, Person]:
    """Return the id of a gathering and its host."""
    administrator = await a_person(service, "Jonas", duties=[("administrator", None)])
    new = {"sector": "mobility", "title": "Due diligence", **TIMES}
    gathering = (await administrator.post("/gatherings", new)).json()["id"]
    return gathering, await a_person(service, "Host", duties=[("host", gathering)])


async def test_a_host_opens_a_lane_for_an_hour_and_keeps_it_open(app: Service, db: Database) -> None:
    gathering, host = await a_gathering(app)
    path = f"/gatherings/{gathering}/lane"
    assert (await host.get(path)).status_code == 404
    first = (await host.put(path)).json()
    assert (await host.get(path)).json() == first
    with clock.stop_at(clock.now() + timedelta(minutes=30)):
        again = (await host.put(path)).json()
        assert again["address"] == first["address"]
        assert again["closes_at"] > first["closes_at"]
    with clock.stop_at(clock.now() + timedelta(hours=2)):
        assert (await host.get(path)).status_code == 404
        assert (await host.put(path)).json()["address"] != first["address"]
    assert (await host.delete(path)).status_code == 204
    assert (await host.delete(path)).status_code == 404
    audited = "SELECT kind FROM audit WHERE gathering_id = $1 ORDER BY number"
    assert [row["kind"] for row in await raw_sql(db).fetch(audited, gathering)] == [
        *["lane_opened"] * 3,
        "lane_closed",
    ]


async def test_the_channel_says_that_a_lane_changed_and_not_its_link(app: Service, db: Database) -> None:
    gathering, host = await a_gathering(app)
    async with app.listening(f"gathering:{gathering}") as feed:
        link = (await host.put(f"/gatherings/{gathering}/lane")).json()["address"]
        frame = await feed.next()
        assert frame["event"]["type"] == "lane_changed"
        assert link.rpartition("/")[2] not in str(frame)


async def test_the_page_offers_a_lane_to_hosts_only(app: Service, db: Database) -> None:
    gathering, host = await a_gathering(app)
    page = f"/g/{gathering}"
    async with app.client() as visitor:
        headers = {"Cookie": f"tertulia={host.token}", **FROM_HERE, **PAGE}
        assert "Open a lane for an hour" in (await visitor.get(page, headers=headers)).text
        opened = await visitor.post(f"{page}/lane", headers=headers)
        assert (opened.status_code, opened.headers["location"].partition("?")[0]) == (303, page)
        link = (await host.get(f"/gatherings/{gathering}/lane")).json()["address"]
        assert link in (await visitor.get(page, headers=headers)).text
        shown = (await visitor.get(page, headers=PAGE)).text
        assert "lane" not in shown.lower()
        assert (await visitor.get("/lane/unknown", headers=PAGE)).status_code == 404
        entered = await visitor.get("/lane/" + link.rpartition("/")[2])
        assert (entered.status_code, entered.headers["location"]) == (303, page)
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(entered.headers["set-cookie"].split("; "))
        closed = await visitor.post(f"{page}/lane/close", headers=headers)
        assert closed.status_code == 303
        assert "Open a lane for an hour" in (await visitor.get(page, headers=headers)).text


@pytest.fixture
async def limited(cluster: Cluster, db: Database, tmp_path: Path) -> AsyncIterator[Service]:
    """The service with the limits of a very small hall, behind a proxy that says from where requests come."""
    file = tmp_path / "limits.toml"
    file.write_text(SMALL)
    async with a_service(cluster.url, rate_limits=True, limits=file, trusted_proxies="127.0.0.1") as app:
        yield app


async def register(client: httpx2.AsyncClient, name: str, **headers: str) -> httpx2.Response:
    """Send the form that registers, without a password that could be hashed; return the refusal of the form or limit."""
    form: dict[str, Any] = {"handle": name, "email": "x", "password": "three unrelated words"}
    return await client.post("/register", data=form, headers={**PAGE, **FROM_HERE, **headers})


async def test_who_comes_with_the_link_is_counted_apart(limited: Service) -> None:
    gathering, host = await a_gathering(limited)
    link = (await host.put(f"/gatherings/{gathering}/lane")).json()["address"]
    hall, elsewhere = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "198.51.100.9"}
    async with limited.client() as client:
        answers = [await register(client, "amina", **hall) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [422, 422, 422, 429]
        refused = answers[-1]
        assert int(refused.headers["retry-after"]) > 60
        assert "too_many_from_network" in refused.text
        assert "ask its hosts for the link" in refused.text
        assert "minutes, go back, and send it again." in refused.text
        assert (await register(client, "amina", **elsewhere)).status_code == 422
        # The link works also while the address is held up.
        entered = await client.get("/lane/" + link.rpartition("/")[2], headers=hall)
        cookie = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
        answers = [await register(client, "amina", **hall, **cookie) for _ in range(7)]
        assert [answer.status_code for answer in answers] == [422] * 6 + [429]
        wrong = {"Cookie": cookie["Cookie"] + "x"}
        assert (await register(client, "amina", **elsewhere, **wrong)).status_code == 422


async def test_a_wrong_password_counts_as_several(limited: Service) -> None:
    members = MemberService(limited)
    password = "three unrelated words"
    amina = await members.member(password=password)
    right, wrong = {"login": amina.handle, "password": password}, {"login": "nobody", "password": "a guess"}
    async with limited.client() as client:

        async def sign_in(given: dict[str, str], address: str, path: str = "/api/v1/sessions") -> int:
            kind = "json" if path.startswith("/api/") else "data"
            headers = {"X-Forwarded-For": address, **FROM_HERE}
            return (await client.post(path, headers=headers, **{kind: given})).status_code

        assert [await sign_in(right, "203.0.113.1") for _ in range(4)] == [201, 201, 201, 429]
        assert [await sign_in(wrong, "203.0.113.2") for _ in range(2)] == [401, 429]
        assert [await sign_in(wrong, "203.0.113.3", "/signin") for _ in range(2)] == [401, 429]
        assert [await sign_in(right, "203.0.113.4", "/signin") for _ in range(2)] == [303, 303]

"""Builders for cases, decisions and e-mails of moderation."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import httpx2

from tests.support.people import Person, a_person, a_reply, a_topic
from tests.support.service import Service, raw_sql

WHY = {"rule": "No selling", "facts": "It sells."}


GOOD: dict[str, Any] = {
    "reason": "illegal",
    "why": "It sells what may not be sold.",
    "name": "Ana Lima",
    "email": "ana@mail.example",
    "good_faith": True,
}


async def some_cases(app: Service, count: int, reason: str = "spam") -> list[int]:
    """Create posts in one topic and flag each; return the ids of the cases."""
    author, flagger = await a_person(app, "Author"), await a_person(app, "Flagger")
    topic = (await a_topic(author))["id"]
    for n in range(count):
        post = (await a_reply(author, topic, f"Buy cobalt number {n} here"))["id"]
        assert (
            await flagger.post(f"/posts/{post}/flags", {"reason": reason, "note": "Look."})
        ).status_code == 201
    rows = await raw_sql(app.db).fetch("SELECT id FROM cases ORDER BY id")
    return [row["id"] for row in rows][-count:]


async def report(client: httpx2.AsyncClient, address: str, **more: Any) -> httpx2.Response:
    return await client.post("/api/v1/reports", json=GOOD | {"address": address} | more)


def mails(app: Service) -> list[EmailMessage]:
    """Return the e-mails sent so far, and delete them."""
    folder = app.contexts[0].settings.data / "mail"
    found = []
    for path in sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns):
        found.append(message_from_bytes(path.read_bytes(), policy=default))
        path.unlink()
    return found  # type: ignore[return-value]


async def decide_to_hide(person: Person, case: int, version: int = 1) -> dict[str, Any]:
    given = {"version": version, "action": "hide", "reason": WHY}
    answer = await person.post(f"/cases/{case}/decisions", given)
    assert answer.status_code == 201, answer.text
    decision: dict[str, Any] = answer.json()
    return decision


async def decide(person: Person, case: int, *actions: str, **more: Any) -> httpx2.Response:
    version = (await person.get(f"/cases/{case}")).json()["version"]
    given = {"version": version, "action": actions[0], "also": list(actions[1:]), "reason": WHY, **more}
    return await person.post(f"/cases/{case}/decisions", given)


async def flag_and_hide(service: Service, admin: Person, post: int) -> None:
    """Flag a post and have an administrator hide it."""
    await (await a_person(service, "Flagger")).post(f"/posts/{post}/flags", {"reason": "spam"})
    case = (await admin.get("/cases")).json()["items"][0]
    given = {"action": "hide", "reason": {"rule": "Be kind", "facts": "No."}, "version": case["version"]}
    assert (await admin.post(f"/cases/{case['id']}/decisions", given)).status_code == 201

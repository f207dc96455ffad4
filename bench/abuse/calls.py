"""Generated calls of every route as every role: none may be answered with a server error."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx2
import msgspec
from msgspec import Struct

from bench.abuse.values import Values, a_header

METHODS = ("get", "post", "put", "patch", "delete")
# These end the session or the account with which they are called.
LEFT_OUT = ("delete /api/v1/sessions/current", "delete /api/v1/sessions", "delete /api/v1/me")
AT_ONCE = 8


class Operation(Struct, frozen=True):
    """One operation of the API description."""

    method: str
    path: str
    facts: Mapping[str, Any]


class Outcome(Struct):
    """How the calls were answered, and those that no call may be."""

    statuses: Counter[int]
    failures: list[str]
    called: set[str]


def operations_of(description: Mapping[str, Any]) -> list[Operation]:
    """Return the operations of a description, except those that end the caller's own session."""
    return [
        Operation(method, path, facts)
        for path, methods in description["paths"].items()
        for method, facts in methods.items()
        if method in METHODS and f"{method} {path}" not in LEFT_OUT
    ]


async def call_everything(
    base: str, tokens: Mapping[str, str], known: Mapping[str, Sequence[Any]], count: int
) -> Outcome:
    """Send so many calls, as each role in turn (a role without a token is a visitor); return how they were answered."""
    outcome = Outcome(Counter(), [], set())
    async with httpx2.AsyncClient(base_url=base, timeout=30, trust_env=False) as http:
        description = (await http.get("/api/openapi.json")).json()
        values, operations = Values(description, known), operations_of(description)
        left = iter(range(count))

        async def go_on() -> None:
            for number in left:
                role = list(tokens)[number % len(tokens)]
                await _call(http, random.choice(operations), values, role, tokens[role], outcome)

        await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    return outcome


async def _call(
    http: httpx2.AsyncClient, one: Operation, values: Values, role: str, token: str, outcome: Outcome
) -> None:
    path, query = one.path, {}
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    for parameter in one.facts.get("parameters", ()):
        value = values.parameter(parameter["name"], parameter.get("schema", {}))
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", quote(str(value)[:300], safe=""))
        elif parameter["in"] == "query" and random.random() < 0.5:
            query[parameter["name"]] = str(value)[:2_000]
        elif parameter["in"] == "header" and random.random() < 0.3:
            headers[parameter["name"]] = a_header()
    content = b""
    if "requestBody" in one.facts:
        kind, shape = next(iter(one.facts["requestBody"]["content"].items()))
        headers["Content-Type"] = kind
        content = _body(kind, values.value(shape.get("schema", {})))
    try:
        answer = await http.request(one.method, path, params=query, headers=headers, content=content)
    except (httpx2.TransportError, UnicodeError, httpx2.InvalidURL) as error:
        outcome.failures.append(f"{one.method} {path} as {role}: {error!r}")
        return
    outcome.statuses[answer.status_code] += 1
    outcome.called.add(f"{one.method} {one.path}")
    if answer.status_code >= 500 and answer.status_code != 503:
        outcome.failures.append(f"{one.method} {path} as {role}: {answer.status_code} {content[:300]!r}")


def _body(kind: str, value: Any) -> bytes:
    if "json" in kind:
        body = msgspec.json.encode(value)
        # A part of it, as of a client that was cut off.
        return body[: random.randrange(len(body))] if random.random() < 0.02 else body
    return str(value).encode(errors="replace")

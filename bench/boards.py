"""A board of 50,000 entries: how long the service takes for its table, filters and matrix, and what an export weighs.

Entries come in through imports, as a curator brings them, 5,000 at a time.
"""

import argparse
import asyncio
import base64
import io
import random
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx2
from python_calamine import CalamineWorkbook

from bench.harness.database import server
from bench.harness.figures import Figure, conclude, heading
from bench.harness.service import API, Person, Service, community, service
from bench.harness.texts import a_reply

FORM = {
    "fields": [
        {"key": "title", "label": "Case", "type": "text", "required": True},
        {"key": "kind", "label": "Kind", "type": "one_of", "taxonomy": "case-kinds"},
        {"key": "issues", "label": "Issues", "type": "some_of", "taxonomy": "impact-areas"},
        {"key": "country", "label": "Country", "type": "country"},
        {"key": "amount", "label": "Amount", "type": "number"},
        {"key": "since", "label": "Since", "type": "date"},
        {"key": "what", "label": "What", "type": "long_text"},
    ]
}
KINDS = ["value-chain", "sectoral", "public-policy", "management-system", "technology", "reporting"]
ISSUES = [
    "living-wage",
    "forced-labour",
    "indigenous-rights",
    "mining-waste-and-disposal",
    "money-laundering",
]
COUNTRIES = ["CD", "CL", "DE", "ZA", "AU", "PE", "BE", "CN"]
VIEWS = {
    "the table": "",
    "the table, sorted by title": "?sort=title",
    "the table, sorted by an amount, backwards": "?sort=amount&desc=1",
    "two filters": "?where=kind:technology&where=issues:living-wage",
    "a filter by what lies below": "?where=issues:social-lsm",
    "a word in it": "?q=pteranodon",
    "a common word": "?q=audit",
    "the matrix": "/matrix?rows=kind&columns=issues",
    "the numbers": "/numbers",
}
BATCH = 5_000
WARM, ROUNDS = 3, 15


def main() -> int:
    """Fill a board, look at it, take it along; print the figures."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--entries", type=int, default=50_000)
    chosen = options.parse_args()
    with server() as database, service(database, {"TERTULIA_LOOK_AT_LINKS": "off"}) as ours:
        heading(f"A board of {chosen.entries:,} entries")
        figures = asyncio.run(_measure(ours, chosen.entries))
    return conclude("boards", figures)


async def _measure(ours: Service, count: int) -> list[Figure]:
    async with community(ours) as made:
        curator: Person = (await made.people(1))[0]
        given = {"title": "Everything", "form": FORM, "opens_at": "2020-01-01T00:00:00Z"}
        board = (await made.call("POST", "/sectors/mobility/boards", curator.token, given))["id"]
        before = perf_counter()
        for start in range(0, count, BATCH):
            table = base64.b64encode(_table(start, min(BATCH, count - start))).decode()
            looked = await made.call(
                "POST", f"/boards/{board}/imports", curator.token, {"name": "a.csv", "content": table}
            )
            await made.call("PUT", f"/imports/{looked['id']}/application", curator.token)
        print(f"  brought in within {perf_counter() - before:.0f} s", flush=True)
    await ours.database.run("ANALYZE")
    async with httpx2.AsyncClient(base_url=ours.base, trust_env=False, timeout=120) as http:
        times = {name: await _time(http, f"/b/{board}{view}") for name, view in VIEWS.items()}
        weights = [await _weigh(ours, http, board, kind, count) for kind in ("csv", "json", "xlsx")]
    pages = [Figure(f"{name}: median of the page", times[name], 100, "ms", at_most=True) for name in VIEWS]
    return [*pages, *weights]


def _table(start: int, count: int) -> bytes:
    chance = random.Random(start)
    lines = ["Case;Kind;Issues;Country;Amount;Since;What"]
    for number in range(start, start + count):
        issues = "|".join(chance.sample(ISSUES, chance.randint(1, 3)))
        what = a_reply(number).replace(";", ",").replace('"', "'").replace("\n", " ")
        word = "pteranodon " if number % 5_000 == 7 else ""
        cells = [
            f"Case {number} {chance.choice(COUNTRIES)}", chance.choice(KINDS), issues, chance.choice(COUNTRIES),
            str(chance.randint(1, 9_999)), f"20{chance.randint(10, 26)}-0{chance.randint(1, 9)}-15", word + what,
        ]  # fmt: skip
        lines.append(";".join(f'"{cell}"' for cell in cells))
    return "\n".join(lines).encode()


async def _time(http: httpx2.AsyncClient, path: str) -> float:
    taken = []
    for turn in range(WARM + ROUNDS):
        before = perf_counter()
        answer = await http.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        if turn >= WARM:
            taken.append((perf_counter() - before) * 1000)
    return sorted(taken)[len(taken) // 2]


async def _weigh(ours: Service, http: httpx2.AsyncClient, board: int, kind: str, count: int) -> Figure:
    before, most, kept = _memory(ours.pid), 0.0, io.BytesIO()
    async with http.stream("GET", f"{API}/boards/{board}/export.{kind}") as answer:
        async for chunk in answer.aiter_bytes():
            kept.write(chunk)
            most = max(most, _memory(ours.pid))
    if kind == "xlsx":
        with CalamineWorkbook.from_filelike(io.BytesIO(kept.getvalue())) as book:
            rows: list[Any] = book.get_sheet_by_index(0).to_python()
        assert len(rows) == count + 1, len(rows)
    print(f"  {kind}: {len(kept.getvalue()) / 1e6:.1f} MB", flush=True)
    return Figure(f"memory that an export to {kind} adds", max(most - before, 0), 64, "MiB", at_most=True)


def _memory(pid: int) -> float:
    """What a process holds now, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())

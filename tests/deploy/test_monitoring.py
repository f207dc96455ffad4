"""The alert rules and the dashboard, compared with what the service serves and with the runbooks."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import pytest_asyncio
import yaml

from core import clock
from storage.jobs import JobStatistics
from tests.support.service import Service
from tests.tertulia.metrics.scraping import Samples, copy_of, scrape

ROOT = Path(__file__).parents[2]
OPERATIONS = ROOT / "docs" / "operations.md"
# Prometheus makes these itself.
BUILT_IN = {"up"}


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "deploy" / "dashboard.json").read_text())
    return found


def expressions() -> dict[str, str]:
    shown = {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in dashboard()["panels"]
        for target in panel["targets"]
    }
    return {rule["alert"]: rule["expr"] for rule in alerts()} | shown


def selectors(node: Any) -> Iterator[tuple[str, set[str]]]:
    """Every metric that an expression names, with the labels that it is chosen by."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node.name, {matcher.name for matcher in node.matchers.matchers}
        return
    for name in ("lhs", "rhs", "expr", "vector_selector"):
        if (inner := getattr(node, name, None)) is not None:
            yield from selectors(inner)
    for inner in getattr(node, "args", None) or ():
        yield from selectors(inner)


def headings() -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", OPERATIONS.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest_asyncio.fixture
async def served(app: Service) -> Samples:
    """What a web process serves after a request and after each kind of job."""
    async with app.client() as client:
        await client.get("/api/v1/sectors")
    await app.worker.clean_up(clock.now())
    jobs: JobStatistics = app.worker.statistics
    jobs.add("scheduled", "run_next_timer", 0.0, "done")
    return await scrape(app, copy_of(app.contexts[0].registry))


async def test_every_metric_and_label_in_them_is_served(served: Samples) -> None:
    labels: dict[str, set[str]] = {"tertulia_quarantined_items": {"job"}}
    for name, given in served:
        labels.setdefault(name, set()).update(label for label, _ in given)

    found = [
        (where, name, chosen)
        for where, text in expressions().items()
        for name, chosen in selectors(promql_parser.parse(text))
    ]

    assert len(found) > 60
    assert [(where, name) for where, name, _ in found if name not in labels.keys() | BUILT_IN] == []
    assert [
        (where, name, chosen)
        for where, name, chosen in found
        if name in labels and not chosen <= labels[name]
    ] == []


async def test_every_gauge_of_trouble_has_an_alert(served: Samples) -> None:
    watched = {name for rule in alerts() for name, _ in selectors(promql_parser.parse(rule["expr"]))}
    troubles = re.compile(
        r"tertulia_(\w+_oldest_seconds|\w+_dead|quarantined_items|mail_failed|database_up|maintenance|mail_held)$"
    )
    assert {name for name, _ in served if troubles.match(name)} - watched == set()


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_has_what_prometheus_and_people_need(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert re.fullmatch(r"\d+[smhd]", rule.get("for", "0s"))
    assert rule["annotations"]["summary"].count("{{") == rule["annotations"]["summary"].count("}}")
    file, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert ROOT / file == OPERATIONS
    assert anchor in headings()


def test_names_of_alerts_and_panels_are_unique() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names))
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_only_runbooks_that_an_alert_or_a_reader_needs_are_written() -> None:
    text = OPERATIONS.read_text().partition("\n## Runbooks\n")[2].partition("\n## ")[0]
    titles = re.findall(r"^### (.+)$", text, re.M)
    assert len(titles) >= 12
    for title in titles:
        runbook = text.partition(f"### {title}\n")[2].partition("\n### ")[0]
        for part in ("**Look**", "**Do**"):
            assert part in runbook, f"the runbook “{title}” has no part {part}"

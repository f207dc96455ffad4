"""The metrics that the service really serves, as a scraper reads them."""

import httpx2
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from storage.jobs import JobStatistics
from tertulia.metrics.collectors import Observed
from tertulia.metrics.server import make_metrics_app
from tests.support.service import Service

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def scrape(app: Service, registry: CollectorRegistry, *, is_worker: bool = False) -> Samples:
    """Return every sample of a process: its value by name and labels. A worker has no sockets."""
    context = app.contexts[0]
    jobs: JobStatistics = app.worker.statistics
    observed = Observed(
        role="worker" if is_worker else "web",
        settings=context.settings,
        db=app.db,
        jobs=jobs,
        hub=None if is_worker else context.hub,
    )
    transport = httpx2.ASGITransport(make_metrics_app(registry, observed))
    async with httpx2.AsyncClient(transport=transport, base_url="http://metrics") as client:
        assert (await client.get("/health")).text == "alive\n"
        text = (await client.get("/metrics")).text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def copy_of(registry: CollectorRegistry) -> CollectorRegistry:
    """Return a registry with the same collectors, to which others can be added without harm to the running service."""
    copied = CollectorRegistry()
    for collector in list(registry._collector_to_names):
        copied.register(collector)
    return copied


def names_of(samples: Samples) -> set[str]:
    """Return the names of all samples."""
    return {name for name, _ in samples}


def value_of(samples: Samples, name: str, **labels: str) -> float:
    """Return the value of a sample."""
    return samples[name, frozenset(labels.items())]

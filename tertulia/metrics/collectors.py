"""Collectors: what is read when Prometheus asks, not counted as it happens."""

from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from time import monotonic
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from core import clock
from core.disk import read_disk
from core.errors import Unavailable
from members.emails.outbox_state import OutboxState, read_outbox_state
from realtime.hub import Hub
from storage.database import Database
from storage.jobs import JobStatistics
from storage.switches import MAIL_HELD, MAINTENANCE, read_switches
from tertulia.doctor.backlog import Backlog, read_backlog
from tertulia.settings import Settings

# The database is asked so often at most, so that several scrapers cost no more than one.
REFRESH_SECONDS = 5.0
MEGABYTE = 1024 * 1024


class Observed(Struct, frozen=True, kw_only=True):
    """What the metrics of a process are about; a worker has no hub."""

    role: str
    settings: Settings
    db: Database
    jobs: JobStatistics
    hub: Hub | None = None


class ServiceCollector(Collector):
    """What concerns this process: its jobs, live sockets, database connections and disk. It is read in a thread."""

    def __init__(self, observed: Observed) -> None:
        self.observed = observed

    def collect(self) -> Iterator[Any]:
        """Yield the metrics."""
        build = GaugeMetricFamily(
            "tertulia_build_info", "The running version, as a label", labels=["version", "role"]
        )
        build.add_metric([version("tertulia"), self.observed.role], 1)
        yield build
        yield from self._collect_jobs()
        if self.observed.hub is not None:
            yield from self._collect_delivery(self.observed.hub)
        pool = self.observed.db.pool
        yield _gauge("database_connections", "Open database connections of this process", pool.size)
        yield _gauge("database_connections_idle", "Those that nobody uses", len(pool.free))
        yield _gauge("database_connections_limit", "How many this process may open", pool.max_size)
        yield _gauge("database_waiting", "Requests and jobs that wait for a connection", len(pool.waiting))
        disk = read_disk(self.observed.settings.data)
        yield _gauge("disk_free_bytes", "Free bytes of the disk of the data folder", disk.free)
        yield _gauge("disk_size_bytes", "Size of the disk of the data folder", disk.size)
        limit = self.observed.settings.min_free_mb * MEGABYTE
        yield _gauge("disk_limit_bytes", "Below so many free bytes the disk counts as full", limit)

    def _collect_jobs(self) -> Iterator[Any]:
        labels = ["kind", "job"]
        runs = CounterMetricFamily(
            "tertulia_job_runs", "Runs of jobs that had work", labels=[*labels, "outcome"]
        )
        seconds = CounterMetricFamily("tertulia_job_seconds", "Seconds that these runs took", labels=labels)
        last = GaugeMetricFamily(
            "tertulia_job_last_run_timestamp_seconds",
            "When a run ended last, with or without work",
            labels=labels,
        )
        for key, counts in list(self.observed.jobs.counts.items()):
            runs.add_metric([*key, "done"], counts.done)
            runs.add_metric([*key, "failed"], counts.failed)
            seconds.add_metric(key, counts.seconds)
            last.add_metric(key, counts.ended_at)
        yield from (runs, seconds, last)

    def _collect_delivery(self, hub: Hub) -> Iterator[Any]:
        for name, value in asdict(hub.counts).items():
            about = f"Live delivery: {name.replace('_', ' ')}"
            yield CounterMetricFamily(f"tertulia_live_{name}", about, value=value)
        yield _gauge("live_sockets", "Open sockets", len(hub.peers))
        yield _gauge("live_channels", "Channels with listeners", len(hub.channels))
        yield _gauge(
            "live_heads_age_seconds", "How long ago the heads were polled", monotonic() - hub.polled_at
        )


class DatabaseCollector(Collector):
    """What waits in the database, which is the same in each process; without the database only that it is away."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.backlog: Backlog | None = None
        self.outbox: OutboxState | None = None
        self.switches: frozenset[str] = frozenset()
        self.read_at = float("-inf")
        # The first item of the search queue, and when this process saw it there for the first time.
        self.first_to_index: tuple[int | None, float] = (None, 0.0)

    async def refresh(self) -> None:
        """Read what waits."""
        if monotonic() - self.read_at < REFRESH_SECONDS:
            return
        self.read_at = monotonic()
        try:
            async with self.db.read() as tx:
                self.backlog = await read_backlog(tx)
                self.outbox = await read_outbox_state(tx)
                self.switches = frozenset(await read_switches(tx))
        except Unavailable:
            self.backlog = None
            return
        if self.first_to_index[0] != self.backlog.first_to_index:
            self.first_to_index = (self.backlog.first_to_index, monotonic())

    def collect(self) -> Iterator[Any]:
        """Yield the metrics."""
        yield _gauge("database_up", "Whether the database answered", self.backlog is not None)
        if self.backlog is None or self.outbox is None:
            return
        yield from self._collect_backlog(self.backlog)
        yield from _collect_mail(self.outbox, self.backlog)
        yield _gauge("mail_held", "Whether an operator holds e-mails", MAIL_HELD in self.switches)
        yield _gauge(
            "maintenance", "Whether an operator has stopped all writing", MAINTENANCE in self.switches
        )

    def _collect_backlog(self, backlog: Backlog) -> Iterator[Any]:
        yield _gauge("follow_ups_due", "Follow-up jobs that are due", backlog.due)
        yield _gauge("follow_ups_oldest_seconds", "How long the oldest is due", _age(backlog.oldest_due))
        yield _gauge("follow_ups_dead", "Follow-up jobs that were given up", backlog.dead)
        yield _gauge("search_posts_waiting", "Changed posts that are not indexed yet", backlog.to_index)
        first, seen_at = self.first_to_index
        yield _gauge(
            "search_oldest_seconds",
            "How long the first of them has been seen waiting",
            0.0 if first is None else monotonic() - seen_at,
        )
        waiting = GaugeMetricFamily(
            "tertulia_quarantined_items", "Items of scheduled jobs that failed and wait", labels=["job"]
        )
        for job, count in backlog.quarantined.items():
            waiting.add_metric([job], count)
        yield waiting


def _collect_mail(outbox: OutboxState, backlog: Backlog) -> Iterator[Any]:
    due = outbox.waiting + backlog.mails_due
    yield _gauge("mail_due", "E-mails that wait, and notifications that are in none yet", due)
    oldest = max(_age(outbox.oldest_untried), _age(backlog.oldest_mail_due))
    yield _gauge("mail_oldest_seconds", "How long the oldest that nobody could try has waited", oldest)
    failed = GaugeMetricFamily(
        "tertulia_mail_failed", "E-mails of the last two weeks that were not sent", labels=["outcome"]
    )
    failed.add_metric(["refused"], outbox.failed)
    failed.add_metric(["given_up"], outbox.given_up)
    yield failed


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"tertulia_{name}", about, value=value)


def _age(since: datetime | None) -> float:
    return max(0.0, (clock.now() - since).total_seconds()) if since is not None else 0.0

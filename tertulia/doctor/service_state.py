"""The state of the service for the pages of administrators: those checks of the doctor that take milliseconds."""

import platform
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version

from administration.shapes import ServiceState, StateWord
from administration.state.backup_runs import read_last_backup
from administration.state.overview import StateReader
from core import clock
from core.disk import read_disk
from core.threads import in_thread
from members.emails.failing_addresses import count_failing_addresses
from members.emails.outbox_state import OutboxState, read_last_sent, read_outbox_state
from storage.database import Database
from storage.statements import statement
from storage.switches import MAIL_HELD, MAINTENANCE, read_switches
from tertulia.doctor.backlog import Backlog, read_backlog
from tertulia.doctor.reach_checks import MEGABYTE, judge_disk
from tertulia.doctor.work_checks import judge_backlog, judge_outbox
from tertulia.settings import Settings

# Backups are made every day or more often.
BACKUP_OLD = timedelta(days=2)

SELECT_DATABASE = statement("""
SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS size
""")


def make_state_reader(settings: Settings, db: Database) -> StateReader:
    """Return what reads the state of the service with these settings."""
    return StateReader(partial(read_service_state, settings, db))


async def read_service_state(settings: Settings, db: Database) -> ServiceState:
    """Return the state now. The disk is looked at in a thread, because a network disk can take its time."""
    disk = await in_thread(read_disk, settings.data)
    async with db.read() as tx:
        [database] = await tx.rows(SELECT_DATABASE)
        backlog, outbox = await read_backlog(tx), await read_outbox_state(tx)
        failing, last_sent = await count_failing_addresses(tx), await read_last_sent(tx)
        switches, last_backup = await read_switches(tx), await read_last_backup(tx)
    held, maintenance = switches.get(MAIL_HELD), switches.get(MAINTENANCE)
    return ServiceState(
        version=version("tertulia"),
        python=platform.python_version(),
        database=database["version"],
        database_size=database["size"],
        disk_free=disk.free,
        disk_size=disk.size,
        has_mail_server=bool(settings.smtp_url),
        mail_held_since=held.set_at if held else None,
        mail_last_sent=last_sent,
        mail_waiting=outbox.waiting,
        mail_oldest=outbox.oldest,
        mail_failed=outbox.failed,
        mail_given_up=outbox.given_up,
        failing_addresses=failing,
        jobs_due=backlog.due,
        jobs_oldest=backlog.oldest_due,
        jobs_given_up=backlog.dead,
        search_waiting=backlog.to_index,
        maintenance_since=maintenance.set_at if maintenance else None,
        last_backup=last_backup,
        has_recent_backup=_judge_backup(last_backup) == "ok",
        is_secure=settings.is_secure,
        has_own_community=settings.community != Settings().community,
        states={
            "mail": _judge_mail(settings, outbox, failing, held is not None),
            "backup": _judge_backup(last_backup),
            "jobs": _judge_jobs(backlog),
            "disk": judge_disk(disk, settings.min_free_mb * MEGABYTE).state,
        },
    )


def _judge_backup(last: datetime | None) -> StateWord:
    return "ok" if last is not None and clock.now() - last < BACKUP_OLD else "warning"


def _judge_jobs(backlog: Backlog) -> StateWord:
    return "wrong" if backlog.dead else judge_backlog("jobs", backlog.due, backlog.oldest_due).state


def _judge_mail(settings: Settings, outbox: OutboxState, failing: int, is_held: bool) -> StateWord:
    judged = judge_outbox(outbox, failing, is_held=is_held).state
    return "warning" if judged == "ok" and (is_held or not settings.smtp_url) else judged

"""A backup in the middle of a run, and what is in it after it was restored into another database."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

from msgspec import Struct
from msgspec.structs import replace

from bench.faults.checks import judge
from bench.faults.final import read_final
from bench.faults.history import History
from bench.faults.machine import Machine
from bench.harness.database import Database

RESTORED = "restored"
# What does not depend on when the backup was made.
PROMISES = ("lost", "doubled", "never written", "gaps")


class Backup(Struct, frozen=True):
    """A backup and when it was begun, in seconds of this process's clock."""

    file: Path
    began: float


async def back_up(parts: Machine) -> Backup:
    """Make a backup while everybody writes."""
    folder, began = tempfile.mkdtemp(prefix="tertulia-backup-"), perf_counter()
    await _run(["backup", "--to", folder], parts.database.url)
    return Backup(Path(folder, os.listdir(folder)[0]), began)


async def judge_restored(
    parts: Machine, backup: Backup, history: History, topics: Sequence[int]
) -> Mapping[str, list[str]]:
    """Restore the backup, and return which promises it breaks: what was acknowledged before it began is in it, whole."""
    url = parts.postgres.cluster.create_database(RESTORED)
    await _run(["restore", str(backup.file)], url)
    known = [
        # What was acknowledged after the backup began may be in it or not.
        one if not one.attempts or one.acked < backup.began else replace(one, outcome="unknown")
        for one in history.operations
    ]
    found = judge(
        replace(history, operations=known, listeners=[], faults=[]), await read_final(Database(url), topics)
    )
    return {f"{promise} after a restore": found[promise] for promise in PROMISES}


async def _run(words: Sequence[str], url: str) -> None:
    with tempfile.TemporaryDirectory() as data:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tertulia", *words, "--data", data),
            env=os.environ | {"DATABASE_URL": url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{words[0]}: {said.decode()}")

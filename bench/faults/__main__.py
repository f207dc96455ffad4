"""Break the service again and again while people write and listen; then check everything that they were told.

python -m bench.faults                       five minutes, every fault at least once
python -m bench.faults --minutes 60 --seed 7
python -m bench.faults --only "Redis" --minutes 1
"""

import argparse
import asyncio
import json
import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

from bench.faults.checks import judge
from bench.faults.clients import Follower, Writer
from bench.faults.final import read_final
from bench.faults.history import History, Span
from bench.faults.machine import Machine, machine, newest_migration
from bench.faults.restoring import back_up, judge_restored
from bench.faults.schedule import FAULTS, Fault
from bench.harness.figures import Figure, conclude, heading
from bench.harness.processes import BENCH, BUILD
from bench.harness.service import Service, community
from bench.people.wire import Http, run

TOPICS = 6
HEALS_WITHIN = 60.0  # seconds after which the run goes on although a process has not recovered
BETWEEN = 1.0  # seconds of peace after each fault
_CAN_SHIFT_CLOCKS = sys.platform == "linux" and shutil.which("cc") is not None


def main() -> int:
    """Run the schedule and print what was broken and which promises held."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--writers", type=int, default=24)
    options.add_argument(
        "--pause", type=float, default=0.05, help="mean seconds between two writes of a member"
    )
    options.add_argument("--seed", type=int, default=random.randrange(10_000))
    options.add_argument("--only", default="", help="faults whose names contain this")
    options.add_argument("--other", type=Path, help="checkout of an older version for the first web process")
    chosen = options.parse_args()
    random.seed(chosen.seed)
    heading(f"Faults for {chosen.minutes:g} minutes, {chosen.writers} writers, seed {chosen.seed}")
    history, wrong = run(_run(chosen))
    history.save(BUILD / "faults" / f"{chosen.seed}.json")
    return _report(history, wrong | {"notes": history.notes})


async def _run(chosen: argparse.Namespace) -> tuple[History, dict[str, list[str]]]:
    history, http, end, heard = History(), Http(), asyncio.Event(), asyncio.Event()
    async with machine(chosen.other, shifts_clock=_CAN_SHIFT_CLOCKS) as parts:
        async with community(Service(parts.ports[0], 0, parts.database)) as made:
            people = await made.people(chosen.writers)
            topics = await made.topics(people, TOPICS, 1)
            room = await made.room(people[0])
        questions: list[int] = []
        async with asyncio.TaskGroup() as tasks:
            for number, person in enumerate(people):
                writer = Writer(person, parts.ports, http, history, topics, room)
                tasks.create_task(writer.write_until(end, questions, chosen.pause))
                follower = Follower(person, parts.ports, f"topic:{topics[number % TOPICS]}", history)
                tasks.create_task(follower.follow(heard))
            await asyncio.sleep(2)
            faults = _in_random_order(_possible(parts, chosen))
            await _break_things(parts, history, chosen.minutes * 30, faults)
            backup = await back_up(parts)
            await _break_things(parts, history, chosen.minutes * 30, faults)
            end.set()
            await _wait_for_silence(history)
            heard.set()
        http.close()
        wrong = judge(history, await read_final(parts.database, topics))
        return history, wrong | dict(await judge_restored(parts, backup, history, topics))


def _possible(parts: Machine, chosen: argparse.Namespace) -> list[Fault]:
    # Older code does not start on a newer schema; it only goes on working with one.
    is_migrated = chosen.other is not None and newest_migration(chosen.other) != newest_migration(
        BENCH.parent
    )
    missing = {"disk": parts.disk is None, "clock": not _CAN_SHIFT_CLOCKS, "restart": is_migrated}
    for fault in FAULTS:
        if missing.get(fault.needs):
            print(f"  not run here: {fault.name}")
    return [one for one in FAULTS if chosen.only.lower() in one.name.lower() and not missing.get(one.needs)]


def _in_random_order(faults: Sequence[Fault]) -> Iterator[Fault]:
    """Yield all of them in random order, again and again."""
    while True:
        yield from random.sample(faults, len(faults))


async def _break_things(parts: Machine, history: History, seconds: float, faults: Iterator[Fault]) -> None:
    started = perf_counter()
    while perf_counter() - started < seconds:
        fault, place = next(faults), random.randrange(len(parts.webs))
        span = Span(fault.name, perf_counter())
        history.faults.append(span)
        async with fault.breaks(parts, place):
            await asyncio.sleep(fault.seconds)
        span.ended = perf_counter()
        await _wait_for_healing(parts, history, span)
        for number, web in enumerate(parts.webs):
            if not web.is_alive:
                history.notes.append(f"{fault.name}: a web process ended by itself")
                await parts.start_again(number)
        await asyncio.sleep(BETWEEN)


async def _wait_for_healing(parts: Machine, history: History, span: Span) -> None:
    """Wait until each process has acknowledged something that was sent after the fault's end."""
    while len(span.healed) < len(parts.ports) and perf_counter() - span.ended < HEALS_WITHIN:
        await asyncio.sleep(0.05)
        for one in history.operations[-2_000:]:
            for attempt in one.attempts:
                if attempt.sent >= span.ended and 200 <= attempt.status < 300:
                    span.healed.setdefault(attempt.port, attempt.ended - span.ended)
    for port in parts.ports:
        span.healed.setdefault(port, HEALS_WITHIN)


async def _wait_for_silence(history: History) -> None:
    """Wait until the writers have ended and the listeners have heard nothing new for three seconds."""
    before, still = 0, 0
    while still < 3:
        await asyncio.sleep(1)
        known = sum(len(one.frames) for one in history.listeners) + sum(
            len(one.attempts) for one in history.operations[-100:]
        )
        before, still = known, still + 1 if known == before else 0


def _report(history: History, wrong: dict[str, list[str]]) -> int:
    print(f"  {'fault':40} {'times':>5} {'healed in s, median':>20} {'longest':>8}")
    for name in dict.fromkeys(span.name for span in history.faults):
        found = [max(span.healed.values()) for span in history.faults if span.name == name]
        middle = sorted(found)[len(found) // 2]
        print(f"  {name:40} {len(found):5} {middle:20.1f} {max(found):8.1f}")
    outcomes = Counter(one.outcome for one in history.operations if one.attempts)
    statuses = Counter(attempt.status for one in history.operations for attempt in one.attempts)
    frames = sum(len(one.frames) for one in history.listeners)
    resets = sum(frame.kind == "reset" for one in history.listeners for frame in one.frames)
    print(f"  {dict(outcomes)}; statuses {dict(sorted(statuses.items()))}; {frames} frames, {resets} resets")
    for promise, sentences in wrong.items():
        for sentence in sentences[:8]:
            print(f"  {promise}: {sentence}")
    (BUILD / "faults" / "verdict.json").write_text(json.dumps(wrong, indent=1, ensure_ascii=False))
    figures = [Figure(promise, len(found), 0, at_most=True) for promise, found in wrong.items()]
    figures.append(Figure("faults", len(history.faults), 1))
    figures.append(Figure("acknowledged operations", outcomes["done"], 1))
    return conclude("faults", figures)


if __name__ == "__main__":
    sys.exit(main())

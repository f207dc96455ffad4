"""The clock that `python -m bench.faults` sets: what time it is changes, and how long something takes does not."""

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from bench.harness.processes import tool

_TELL = """
import sys, time
from datetime import datetime
for line in sys.stdin:
    print(time.time(), datetime.now().timestamp(), time.monotonic(), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("cc"), reason="needs Linux and a C compiler")
def test_only_the_time_of_day_is_shifted(tmp_path: Path) -> None:
    shift = tmp_path / "shift"
    shift.write_bytes(struct.pack("q", 0))
    settings = os.environ | {"LD_PRELOAD": str(tool("faults/clock.c")), "CLOCK_SHIFT": str(shift)}
    with subprocess.Popen(
        [sys.executable, "-c", _TELL], env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        told = []
        for seconds in (0, 86_400, -86_400, 0):
            with shift.open("r+b") as file:
                file.write(struct.pack("q", seconds))
            print("now", file=process.stdin, flush=True)
            told.append([float(one) for one in process.stdout.readline().split()])
        process.stdin.close()
    moments, dates, ticks = zip(*told, strict=True)
    assert [round((one - moments[0]) / 86_400) for one in moments] == [0, 1, -1, 0]
    assert [round((one - dates[0]) / 86_400) for one in dates] == [0, 1, -1, 0]
    assert ticks == tuple(sorted(ticks)) and ticks[-1] - ticks[0] < 3_600

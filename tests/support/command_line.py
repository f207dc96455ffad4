"""The command line of the service, run as an operator runs it."""

import asyncio
import json
import sys
from collections.abc import Sequence

# One process for several commands, because the start of the process takes most of the time.
_SEVERAL = """
import contextlib, io, json, sys
from tertulia.cli import main
answers = []
for words in json.loads(sys.argv[1]):
    sys.argv[1:] = words
    out, err, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ending:
            status = ending.code
    answers.append([status, out.getvalue(), err.getvalue()])
print(json.dumps(answers))
"""


async def tertulia(environment: dict[str, str], *commands: Sequence[str]) -> list[tuple[int, str, str]]:
    """Run commands; return the exit status, output and error output of each."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _SEVERAL, json.dumps(commands)),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    return [(status, out, err) for status, out, err in json.loads(said)]

"""The words of a PDF. Whoever made it may mean harm: it is read by a process of its own, with little time and little memory.

`python -m forum.pdftext` reads a PDF from its standard input and writes its words.
"""

import asyncio
import io
import os
import resource
import sys
from contextlib import suppress

from pypdf import PdfReader

LONGEST = 200_000
_PAGES = 500
_SECONDS = 20
_MEMORY = 768 * 1024 * 1024


async def words_of_pdf(content: bytes) -> str:
    """What a PDF says, or nothing where it cannot be read."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "forum.files.pdf_text"),
        env={"PATH": os.defpath},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(2 * _SECONDS):
            found, _ = await process.communicate(content)
    except TimeoutError:
        found = b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return found.decode("utf-8", "replace").replace("\0", "")[:LONGEST]


def _read(content: bytes) -> str:
    said: list[str] = []
    length = 0
    for page in PdfReader(io.BytesIO(content)).pages[:_PAGES]:
        said.append(page.extract_text())
        length += len(said[-1])
        if length > LONGEST:
            break
    return "\n\n".join(said)


def main() -> None:
    """Read, within bounds; what goes wrong leaves nothing said."""
    bounds = {resource.RLIMIT_CPU: _SECONDS, resource.RLIMIT_AS: _MEMORY, resource.RLIMIT_FSIZE: 0}
    for what, most in bounds.items():
        # Not every system bounds all of it; the time is bounded from outside as well.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))
    sys.stdout.buffer.write(_read(sys.stdin.buffer.read()).encode("utf-8", "replace"))


if __name__ == "__main__":
    main()

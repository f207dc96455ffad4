"""The text of a PDF, extracted in a separate process with limited time and memory, because a PDF may be malicious.

`python -m forum.files.pdf_text` reads a PDF from standard input and writes its text to standard output.
"""

import asyncio
import io
import os
import resource
import sys
from contextlib import suppress

from pypdf import PdfReader

MAX_CHARACTERS = 200_000
_MAX_PAGES = 500
_MAX_CPU_SECONDS = 20
_MAX_MEMORY = 768 * 1024 * 1024


async def extract_pdf_text(content: bytes) -> str:
    """Return the text of a PDF, up to `MAX_CHARACTERS`; empty if it cannot be read within the limits."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "forum.files.pdf_text"),
        env={"PATH": os.defpath},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(2 * _MAX_CPU_SECONDS):
            output, _ = await process.communicate(content)
    except TimeoutError:
        output = b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return output.decode("utf-8", "replace").replace("\0", "")[:MAX_CHARACTERS]


def _extract(content: bytes) -> str:
    pages: list[str] = []
    length = 0
    for page in PdfReader(io.BytesIO(content)).pages[:_MAX_PAGES]:
        pages.append(page.extract_text())
        length += len(pages[-1])
        if length > MAX_CHARACTERS:
            break
    return "\n\n".join(pages)


def main() -> None:
    """Set the limits of this process, then extract the text; an error ends the process without output."""
    limits = {
        resource.RLIMIT_CPU: _MAX_CPU_SECONDS,
        resource.RLIMIT_AS: _MAX_MEMORY,
        resource.RLIMIT_FSIZE: 0,
    }
    for name, limit in limits.items():
        # Some systems refuse some of these limits; extract_pdf_text also limits the time from outside.
        with suppress(ValueError, OSError):
            resource.setrlimit(name, (limit, limit))
    sys.stdout.buffer.write(_extract(sys.stdin.buffer.read()).encode("utf-8", "replace"))


if __name__ == "__main__":
    main()

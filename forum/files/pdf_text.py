"""The text of a PDF, for the search."""

import io

from pypdf import PdfReader

from core.isolation import FILES, FunctionFailed, TooHeavy

MAX_CHARACTERS = 200_000
_MAX_PAGES = 500


async def extract_pdf_text(content: bytes) -> str:
    """Return the text of a PDF, up to `MAX_CHARACTERS`; empty if it cannot be read within the limits of `FILES`."""
    try:
        text = await FILES.call(read_pdf, content)
    except (TooHeavy, FunctionFailed):
        return ""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:MAX_CHARACTERS]


def read_pdf(content: bytes) -> str:
    """Return the text of a PDF, at least its first `MAX_CHARACTERS`; raise whatever the library raises for a broken one."""
    pages: list[str] = []
    length = 0
    for page in PdfReader(io.BytesIO(content)).pages[:_MAX_PAGES]:
        pages.append(page.extract_text())
        length += len(pages[-1])
        if length > MAX_CHARACTERS:
            break
    return "\n\n".join(pages)

"""Catalogues in the form in which they are read fast: compiled beside their source, like the bytecode of Python."""

import os
from contextlib import suppress
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

# In the header of a compiled catalogue: how many texts are missing, if any are.
UNTRANSLATED = "x-untranslated"


def read_catalogue(path: Path) -> GNUTranslations:
    """Return the texts of a catalogue (`.po`). The compiled file (`.mo`) is used if it is newer; otherwise it
    is written anew, if the folder can be written to."""
    compiled = path.with_suffix(".mo")
    if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
        return GNUTranslations(BytesIO(compiled.read_bytes()))
    content = compile_catalogue(path)
    with suppress(OSError), NamedTemporaryFile(dir=path.parent, delete=False) as new:
        new.write(content)
        new.close()
        # Several processes may start at once; a reader finds the whole file or none.
        os.replace(new.name, compiled)
    return GNUTranslations(BytesIO(content))


def compile_catalogue(path: Path) -> bytes:
    """Return a catalogue in the binary format of GNU gettext; entries that are marked as fuzzy count as missing."""
    # Only whoever compiles needs the parser.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalog = read_po(file, locale=None, ignore_obsolete=True, abort_invalid=True)
    missing = sum(1 for one in catalog if one.id and (one.fuzzy or not _is_translated(one.string)))
    if missing:
        catalog.mime_headers = [*catalog.mime_headers, (UNTRANSLATED, str(missing))]
    written = BytesIO()
    write_mo(written, catalog, use_fuzzy=False)
    return written.getvalue()


def _is_translated(text: object) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)

"""Catalogues in the form in which they are read fast: compiled beside their source, like the bytecode of Python."""

import os
import re
import struct
from contextlib import suppress
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

import structlog
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

log = structlog.get_logger()

# The entry of a compiled catalogue that says how many texts are missing, if any are.
UNTRANSLATED = "x-untranslated"
_FRENCH_NARROW = re.compile(r" (?=[;!?])")
_FRENCH_WIDE = re.compile(r" (?=[:»])|(?<=«) ")


def read_catalogue(path: Path) -> GNUTranslations:
    """Return the texts of a catalogue (`.po`). The compiled file (`.mo`) is used if it is newer and readable; otherwise
    it is written anew, if the folder can be written to.

    A catalogue that is no catalogue has no text translated, so that the service starts without its language."""
    compiled = path.with_suffix(".mo")
    # Another account may have written it, or a full disk have cut it off: then the source is read.
    with suppress(OSError, ValueError, LookupError, struct.error):
        if compiled.stat().st_mtime >= path.stat().st_mtime:
            return GNUTranslations(BytesIO(compiled.read_bytes()))
    try:
        content = compile_catalogue(path)
    except (PoFileError, ValueError, LookupError) as error:
        log.error("a catalogue cannot be read", file=path.name, reason=str(error))
        return GNUTranslations(BytesIO(_binary_of(Catalog(), missing=1)))
    with suppress(OSError):
        _write(compiled, content)
    return GNUTranslations(BytesIO(content))


def _write(path: Path, content: bytes) -> None:
    """Write a file that every account can read, so that others find it whole or not at all; raise OSError."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as new:
        try:
            new.write(content)
            os.fchmod(new.fileno(), 0o644)
            new.close()
            os.replace(new.name, path)
        except OSError:
            os.unlink(new.name)
            raise


def is_complete(translations: NullTranslations) -> bool:
    """Return whether every text of the interface is translated."""
    return translations.gettext(UNTRANSLATED) == UNTRANSLATED


def compile_catalogue(path: Path) -> bytes:
    """Return a catalogue in the binary format of GNU gettext; entries that are marked as fuzzy count as missing."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=None, ignore_obsolete=True, abort_invalid=True)
    if path.stem == "fr":
        _space_french(catalog)
    missing = sum(1 for one in catalog if one.id and (one.fuzzy or not _is_translated(one.string)))
    return _binary_of(catalog, missing)


def _binary_of(catalog: Catalog, missing: int) -> bytes:
    if missing:
        catalog.add(UNTRANSLATED, str(missing))
    written = BytesIO()
    write_mo(written, catalog, use_fuzzy=False)
    return written.getvalue()


def _space_french(catalog: Catalog) -> None:
    """Put the no-break spaces of French typography where a translator has typed blanks."""
    for message in catalog:
        if isinstance(message.string, str):
            message.string = spaced_as_french(message.string)
        elif message.string is not None:
            message.string = tuple(spaced_as_french(form) for form in message.string)


def spaced_as_french(text: str) -> str:
    """Return a text with a narrow no-break space before `; ! ?` and a no-break space before `:` and inside « »."""
    text = _FRENCH_NARROW.sub("\u202f", text)
    return _FRENCH_WIDE.sub("\u00a0", text)


def _is_translated(text: object) -> bool:
    return all(text) if isinstance(text, tuple | list) else bool(text)

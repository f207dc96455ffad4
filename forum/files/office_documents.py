"""Office documents: the type of the document in a ZIP archive, and refusals of those with macros and of other archives."""

import io
import zipfile
import zlib

from core.languages.texts import translatable
from forum.files.file_types import EXTENSIONS, OFFICE_TYPES, FileRefused, ProgramRefused

_MAX_ZIP_ENTRIES = 5_000
_MAX_CONTENT_TYPES = 1024 * 1024
_CONTENT_TYPES = "[content_types].xml"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError, KeyError)
NO_ARCHIVE = translatable("Archives are not accepted. Upload the files in it one by one.")
# What other programs store in a ZIP archive: an entry, or the beginning of the `mimetype`, and what to do instead.
_OTHER_DOCUMENTS = {
    "xl/workbook.bin": translatable(
        "Binary workbooks (.xlsb) are not accepted. Save it as .xlsx and upload that."
    ),
    "visio/document.xml": translatable("Visio drawings are not accepted. Save it as PDF and upload that."),
    "index/document.iwa": translatable(
        "Pages, Numbers and Keynote files are not accepted. Export it as PDF or in an Office format."
    ),
    "index.zip": translatable(
        "Pages, Numbers and Keynote files are not accepted. Export it as PDF or in an Office format."
    ),
    "doc.kml": translatable(
        "Maps in KMZ are not accepted. Upload a picture of the map, or publish it elsewhere and link to it."
    ),
    "application/epub+zip": translatable("E-books (EPUB) are not accepted. Save it as PDF and upload that."),
    _OPEN_DOCUMENT: translatable(
        "This kind of OpenDocument is not accepted. Save it as .odt, .ods, .odp or PDF and upload that."
    ),
}


def detect_office_type(content: bytes) -> str:
    """Return the type of the office document in a ZIP archive; raise FileRefused if it is none or has macros."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.namelist()
            if len(entries) > _MAX_ZIP_ENTRIES:
                raise FileRefused(field="file")
            # The names of parts do not depend on case (ECMA-376, part 2, section 6.2).
            names = {name.lower(): name for name in entries}
            if names.keys() & {"meta-inf/manifest.mf", "classes.dex", "androidmanifest.xml"}:
                raise ProgramRefused(field="file")
            if _has_macros(archive, names):
                raise FileRefused(
                    translatable("Office documents with macros are not accepted."), field="file"
                )
            detected = _media_type_of(archive, names) or ""
    except _READ_ERRORS:
        raise FileRefused(
            translatable("This archive is damaged, or it is no office document."), field="file"
        ) from None
    if detected in EXTENSIONS:
        return detected
    told = (text for key, text in _OTHER_DOCUMENTS.items() if key in names or detected.startswith(key))
    raise FileRefused(next(told, NO_ARCHIVE), field="file")


def _media_type_of(archive: zipfile.ZipFile, names: dict[str, str]) -> str | None:
    if "mimetype" in names and _is_short_and_uncompressed(archive.getinfo(names["mimetype"])):
        return archive.read(names["mimetype"]).decode("ascii").strip()
    return next((type_ for entry, type_ in OFFICE_TYPES.items() if entry in names), None)


def _has_macros(archive: zipfile.ZipFile, names: dict[str, str]) -> bool:
    return any(map(_is_macro, names)) or b"macroenabled" in _content_types(archive, names).lower()


def _is_macro(name: str) -> bool:
    """Return whether an entry has macros: VBA, the sheets of Excel 4, or the scripts of an OpenDocument (`Basic/`)."""
    is_script = name.startswith(("basic/", "scripts/")) and not name.endswith(("/", "-lc.xml", "-lb.xml"))
    return is_script or name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/")


def _content_types(archive: zipfile.ZipFile, names: dict[str, str]) -> bytes:
    if _CONTENT_TYPES not in names:
        return b""
    with archive.open(names[_CONTENT_TYPES]) as part:
        return part.read(_MAX_CONTENT_TYPES)


def _is_short_and_uncompressed(entry: zipfile.ZipInfo) -> bool:
    """Return whether the entry is stored as OpenDocument requires of `mimetype`, so that reading it decompresses nothing."""
    return entry.file_size < 100 and entry.compress_type == zipfile.ZIP_STORED

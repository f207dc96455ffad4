"""Types of uploaded files, detected from their content, and refusals that name the type and say what to do instead."""

import io
import re
import zipfile
import zlib

from core.errors import Invalid, TooBig

MAX_FILE_SIZE = 10 * 1024 * 1024

PDF = "application/pdf"
TEXT = "text/plain"
_MAX_ZIP_ENTRIES = 5_000
_OFFICE_TYPES = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OPEN_DOCUMENT_KINDS = {"text": ".odt", "spreadsheet": ".ods", "presentation": ".odp"}
# The extensions of each type; a file of the type with another extension gets the first one.
EXTENSIONS = {
    PDF: (".pdf",),
    _OFFICE_TYPES["word/document.xml"]: (".docx", ".dotx"),
    _OFFICE_TYPES["xl/workbook.xml"]: (".xlsx", ".xltx"),
    _OFFICE_TYPES["ppt/presentation.xml"]: (".pptx", ".potx", ".ppsx"),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
} | {
    f"application/vnd.oasis.opendocument.{kind}": (extension,)
    for kind, extension in _OPEN_DOCUMENT_KINDS.items()
}
_READ_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError, KeyError)
# What forms offer to choose. Types of pictures are named, so that a phone converts a HEIC photo to JPEG when it is chosen.
ACCEPTED = (
    *("image/png", "image/jpeg", "image/webp", "image/gif", "image/avif", "image/bmp", PDF, TEXT),
    *(
        ".pdf",
        ".docx",
        ".xlsx",
        ".pptx",
        ".odt",
        ".ods",
        ".odp",
        ".txt",
        ".md",
        ".csv",
        ".tsv",
        ".json",
        ".ics",
    ),
)
# The header of a PDF is within its first 1,024 bytes (PDF 1.7, appendix H.3, note 13), and its end within the last ones.
_PDF_HEADER, _PDF_END, _PDF_WINDOW = re.compile(rb"%PDF-\d\.\d"), b"%%EOF", 1024
_BEFORE_PDF = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n\f"
# What browsers read as HTML (WHATWG MIME Sniffing, section 7.1), and SVG and other XML.
# Browsers look at this number of bytes (section 5.2).
_SNIFFED = 1445
_MARKUP = re.compile(
    r"[\ufeff\s]*<(?:!--|\?xml|!doctype|(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|svg)[\s>/])",
    re.IGNORECASE,
)


class FileTooBig(TooBig):
    """The file has more bytes than `MAX_FILE_SIZE`, or is a picture with too many pixels or frames."""

    message = f"A file can have up to {MAX_FILE_SIZE // 1024 // 1024} MB."


class FileRefused(Invalid):
    """The file has a type that is not accepted, or cannot be read."""

    message = "This file is not an image, a PDF, an office document or plain text, or it is damaged."


class ProgramRefused(FileRefused):
    """The file is a program or script, or has the extension of one."""

    message = (
        "Programs and scripts are not accepted, because they can harm who opens them. Nothing was uploaded."
    )


class PictureFormatRefused(FileRefused):
    """The file is a picture in a format that browsers do not show; the message names the format."""

    message = "Browsers cannot show this kind of picture. Save it as JPEG or PNG and upload that."


def is_pdf(content: bytes) -> bool:
    """Return whether the content is a PDF, also after a byte order mark, line breaks or other bytes."""
    start = content[: _PDF_WINDOW + 8]
    if start.lstrip(_BEFORE_PDF).startswith(b"%PDF-"):
        return True
    return _PDF_HEADER.search(start) is not None and _PDF_END in content[-_PDF_WINDOW:]


def detect_office_type(content: bytes) -> str:
    """Return the type of the office document in a ZIP archive; raise FileRefused if it is none or has macros."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.namelist()
            if len(entries) > _MAX_ZIP_ENTRIES:
                raise FileRefused(field="file")
            names = set(entries)
            if any(name.endswith("vbaProject.bin") for name in names):
                raise FileRefused("Office documents with macros are not accepted.", field="file")
            if "mimetype" in names and _is_short_and_uncompressed(archive.getinfo("mimetype")):
                media_type = archive.read("mimetype").decode("ascii").strip()
                if media_type in EXTENSIONS:
                    return media_type
            detected = next((type_ for entry, type_ in _OFFICE_TYPES.items() if entry in names), None)
    except _READ_ERRORS:
        raise FileRefused("This archive is damaged, or it is no office document.", field="file") from None
    if detected is None:
        raise FileRefused("Archives are not accepted. Upload the files in it one by one.", field="file")
    return detected


def is_markup(text: str) -> bool:
    """Return whether a browser may read the text as HTML, SVG or other XML, which can contain scripts."""
    return _MARKUP.match(text[:_SNIFFED]) is not None


def refusal_of(content: bytes) -> FileRefused:
    """Return the refusal of a file that is no accepted type; it names the type if it is a known one."""
    start = content[:32]
    if start[4:8] == b"ftyp":
        return _refusal_of_iso_media(start[8:12])
    if start.startswith(_PROGRAMS):
        return ProgramRefused(field="file")
    for signature, name in _PICTURES.items():
        if start.startswith(signature):
            return PictureFormatRefused(
                f"Browsers cannot show {name} pictures. Save it as JPEG or PNG and upload that.", field="file"
            )
    if start.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM")) or start[8:12] == b"WEBP":
        return FileRefused("This picture is damaged. Save it again and upload that.", field="file")
    message = next((told for signature, told in _OTHERS.items() if start.startswith(signature)), None)
    if start[:4] == b"RIFF":
        message = _NO_MEDIA
    return FileRefused(message, field="file") if message else FileRefused(field="file")


def _refusal_of_iso_media(brand: bytes) -> FileRefused:
    if brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif"):
        return PictureFormatRefused(
            "Most browsers cannot show HEIC pictures. Save it as JPEG and upload that; on an iPhone, choose Settings > "
            "Camera > Formats > Most Compatible.",
            field="file",
        )
    if brand in (b"avif", b"avis"):
        return FileRefused(
            "This AVIF picture is damaged. Save it again, or as JPEG, and upload that.", field="file"
        )
    return FileRefused(_NO_MEDIA, field="file")


def _is_short_and_uncompressed(entry: zipfile.ZipInfo) -> bool:
    """Return whether the entry is stored as OpenDocument requires of `mimetype`, so that reading it decompresses nothing."""
    return entry.file_size < 100 and entry.compress_type == zipfile.ZIP_STORED


_NO_MEDIA = "Audio and video files are not accepted. Publish it elsewhere and link to it."
_NO_ARCHIVE = "Archives are not accepted. Upload the files in it one by one."
_PROGRAMS = (
    *(b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe"),
    *(b"\xcf\xfa\xed\xfe", b"dex\n", b"\0asm", b"L\0\0\0\x01\x14\x02\0"),
)
_PICTURES = {
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"8BPS": "Photoshop",
    b"\0\0\1\0": "icon",
}
_OTHERS = {
    b"\xd0\xcf\x11\xe0": (
        "Word, Excel and PowerPoint files in the old format (.doc, .xls, .ppt) or with a password are not accepted. Save it "
        "as .docx, .xlsx or .pptx without a password."
    ),
    b"Rar!": _NO_ARCHIVE,
    b"7z\xbc\xaf": _NO_ARCHIVE,
    b"\x1f\x8b": _NO_ARCHIVE,
    b"BZh": _NO_ARCHIVE,
    b"\xfd7zXZ": _NO_ARCHIVE,
    b"ID3": _NO_MEDIA,
    b"OggS": _NO_MEDIA,
    b"fLaC": _NO_MEDIA,
    b"\x1aE\xdf\xa3": _NO_MEDIA,
    b"\xff\xfb": _NO_MEDIA,
}

"""Types of uploaded files that are accepted, recognized by their content, and the kinds of refusals."""

import re

from core.errors import Invalid, TooBig
from core.languages.texts import translatable

MAX_FILE_SIZE = 10 * 1024 * 1024

PDF = "application/pdf"
TEXT = "text/plain"
OFFICE_TYPES = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OPEN_DOCUMENT_KINDS = {"text": ".odt", "spreadsheet": ".ods", "presentation": ".odp"}
# The extensions of each type; a file of the type with another extension gets the first one.
EXTENSIONS = {
    PDF: (".pdf",),
    OFFICE_TYPES["word/document.xml"]: (".docx", ".dotx"),
    OFFICE_TYPES["xl/workbook.xml"]: (".xlsx", ".xltx"),
    OFFICE_TYPES["ppt/presentation.xml"]: (".pptx", ".potx", ".ppsx"),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
} | {
    f"application/vnd.oasis.opendocument.{kind}": (extension,)
    for kind, extension in _OPEN_DOCUMENT_KINDS.items()
}
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

    message = translatable("A file can have up to 10 MB.")


class FileRefused(Invalid):
    """The file has a type that is not accepted, or cannot be read."""

    message = translatable(
        "This file is not an image, a PDF, an office document or plain text, or it is damaged."
    )


class ProgramRefused(FileRefused):
    """The file is a program or script, or has the extension of one."""

    message = translatable(
        "Programs and scripts are not accepted, because they can harm who opens them. Nothing was uploaded."
    )


class PictureFormatRefused(FileRefused):
    """The file is a picture in a format that browsers do not show; the message names the format."""

    message = translatable(
        "Browsers cannot show this kind of picture. Save it as JPEG or PNG and upload that."
    )


def is_pdf(content: bytes) -> bool:
    """Return whether the content is a PDF, also after a byte order mark, line breaks or other bytes."""
    start = content[: _PDF_WINDOW + 8]
    if start.lstrip(_BEFORE_PDF).startswith(b"%PDF-"):
        return True
    return _PDF_HEADER.search(start) is not None and _PDF_END in content[-_PDF_WINDOW:]


def is_markup(text: str) -> bool:
    """Return whether a browser may read the text as HTML, SVG or other XML, which can contain scripts."""
    return _MARKUP.match(text[:_SNIFFED]) is not None

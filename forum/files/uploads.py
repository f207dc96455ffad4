"""Checks on uploads: the type is detected from the content, never from the name, and images are re-encoded without metadata.

Only the types listed here are accepted. SVG and HTML are not, because they can run scripts in the browser that opens them.
"""

from msgspec import Struct

from core.languages.texts import translatable
from core.text_encodings import decode_text
from forum.files.file_names import (
    MARKUP_EXTENSIONS,
    PROGRAM_EXTENSIONS,
    clean_file_name,
    has_extension,
    split_extension,
    with_extension,
)
from forum.files.file_types import (
    EXTENSIONS,
    MAX_FILE_SIZE,
    PDF,
    TEXT,
    FileRefused,
    FileTooBig,
    ProgramRefused,
    is_markup,
    is_pdf,
)
from forum.files.office_documents import detect_office_type
from forum.files.pictures import PictureDamaged, reencode_picture
from forum.files.refused_types import is_known_type, refusal_of

_NOT_OF_TEXT = {extension for extensions in EXTENSIONS.values() for extension in extensions} | {
    ".zip",
    ".gif",
}


class TextEncodingUnclear(FileRefused):
    """The file is text in an older encoding that is not certain; the message names the likely one."""

    def __init__(self, encoding: str) -> None:
        super().__init__(
            translatable(
                "This text is not in UTF-8; its encoding is probably %(encoding)s. Save it as UTF-8 (in most editors: Save "
                "as, Encoding) and upload it again."
            ),
            field="file",
            encoding=encoding,
        )


class PreparedFile(Struct, frozen=True):
    """A file in the form in which it is stored; `width` and `height` are the size of an image in pixels."""

    name: str
    media_type: str
    content: bytes
    width: int | None = None
    height: int | None = None


def prepare_upload(name: str, content: bytes) -> PreparedFile:
    """Detect the type of a file and return it in the form in which it is stored; raise FileTooBig or FileRefused.

    The name gets the extension of the type. This may take 200 MB of memory, so it is called in a separate process.
    """
    if len(content) > MAX_FILE_SIZE:
        raise FileTooBig(field="file")
    name = clean_file_name(name)
    if has_extension(name, PROGRAM_EXTENSIONS):
        raise ProgramRefused(field="file")
    if content[:4] == b"PK\x03\x04":
        return _document(name, detect_office_type(content), content)
    # A picture or a program can have the header of a PDF in its first kilobyte as well.
    if is_pdf(content) and not is_known_type(content) and not content.startswith(b"MZ"):
        return _document(name, PDF, content)
    if picture := _prepare_picture(name, content):
        return picture
    if is_known_type(content):
        raise refusal_of(content)
    return _prepare_text(name, content)


def _document(name: str, media_type: str, content: bytes) -> PreparedFile:
    return PreparedFile(with_extension(name, EXTENSIONS[media_type]), media_type, content)


def _prepare_picture(name: str, content: bytes) -> PreparedFile | None:
    try:
        picture = reencode_picture(content)
    except PictureDamaged:
        # Words can begin like a picture: "BM" is the beginning of a bitmap, and "GIF89a" of an animation.
        if decode_text(content) is not None:
            return None
        raise refusal_of(content) from None
    if picture is None:
        return None
    name = with_extension(name, EXTENSIONS[picture.media_type])
    return PreparedFile(name, picture.media_type, picture.content, picture.width, picture.height)


def _prepare_text(name: str, content: bytes) -> PreparedFile:
    """Return a text in UTF-8, whatever its encoding was; raise FileRefused, or TextEncodingUnclear if that is a guess."""
    decoded = decode_text(content)
    if decoded is None or not decoded.text.strip("\ufeff \t\r\n"):
        raise refusal_of(content)
    if is_markup(decoded.text) or has_extension(name, MARKUP_EXTENSIONS):
        raise FileRefused(
            translatable("HTML, SVG and other XML files are not accepted, because they can contain scripts."),
            field="file",
        )
    if not decoded.is_certain:
        raise TextEncodingUnclear(decoded.encoding)
    if split_extension(name)[1].lower() in _NOT_OF_TEXT:
        name = with_extension(name, (".txt",))
    if decoded.encoding != "utf-8":
        # The mark tells spreadsheets that the text is in UTF-8 now.
        content = decoded.text.removeprefix("\ufeff").encode("utf-8-sig")
    return PreparedFile(name, TEXT, content)

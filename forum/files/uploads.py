"""Checks on uploads: the type is detected from the content, never from the name, and images are re-encoded without metadata.

Only the types listed here are accepted. SVG and HTML are not, because they can run scripts in the browser that opens them.
"""

import asyncio
import io
import re
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct
from msgspec.structs import replace
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from core.errors import Invalid, TooBig
from core.text import NO_CONTROLS

MAX_FILE_SIZE = 10 * 1024 * 1024
# Width times height times frames. The file's own colour depth does not matter: one bit per pixel is decoded to four bytes,
# and re-encoding needs them twice. 25 million pixels admit photos of 24 megapixels and take 200 MB of memory for a moment.
MAX_PIXELS = 25_000_000
_MAX_ZIP_ENTRIES = 5_000

# A separate pool of two threads limits the memory of all uploads together and keeps them from blocking other work.
MAX_CONCURRENT_UPLOADS = 2
_upload_threads = ThreadPoolExecutor(MAX_CONCURRENT_UPLOADS, thread_name_prefix="files")

# The formats that Pillow may open, and the type in which each is stored; animations are stored as WebP.
_IMAGE_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/png"}
_IMAGE_EXTENSIONS = {"image/png": (".png",), "image/jpeg": (".jpg", ".jpeg"), "image/webp": (".webp",)}
_OFFICE_TYPES = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OPEN_DOCUMENT_KINDS = ("text", "spreadsheet", "presentation")
_NO_CONTROL_CHARACTERS = re.compile(NO_CONTROLS)
_PDF = "application/pdf"
_TEXT = "text/plain"
_READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    OSError,
    ValueError,
    SyntaxError,
    KeyError,
)


class FileRefused(Invalid):
    """The file has a type that is not accepted, or cannot be read."""

    message = "This file is not an image, a PDF, an office document or plain text, or it is damaged."


class FileTooBig(TooBig):
    """The file has more bytes than `MAX_FILE_SIZE` or more pixels than `MAX_PIXELS`."""

    message = (
        f"A file can have up to {MAX_FILE_SIZE // 1024 // 1024} MB and {MAX_PIXELS // 1_000_000} megapixels."
    )


class PreparedFile(Struct, frozen=True):
    """A file in the form in which it is stored; `width` and `height` are the size of an image in pixels."""

    name: str
    media_type: str
    content: bytes
    width: int | None = None
    height: int | None = None


async def prepare_upload_in_thread(name: str, content: bytes) -> PreparedFile:
    """Run `prepare_upload` in a thread for uploads. The caller checks the actor's rights before."""
    return await asyncio.get_running_loop().run_in_executor(_upload_threads, prepare_upload, name, content)


def prepare_upload(name: str, content: bytes) -> PreparedFile:
    """Detect the type of a file and return it in the form in which it is stored; raise FileTooBig or FileRefused.

    This blocks the thread and may take 200 MB of memory, so requests call `prepare_upload_in_thread`.
    """
    if len(content) > MAX_FILE_SIZE:
        raise FileTooBig(field="file")
    if content[:5] == b"%PDF-":
        return PreparedFile(name, _PDF, content)
    if content[:4] == b"PK\x03\x04":
        return PreparedFile(name, _detect_office_type(content), content)
    image = _reencode_image(content)
    if image is not None:
        return set_image_name(name, image)
    if not _is_text(content):
        raise FileRefused(field="file")
    return PreparedFile(name, _TEXT, content)


def set_image_name(name: str, image: PreparedFile) -> PreparedFile:
    """Return the image with this name, whose extension is replaced if it does not fit the type of the image."""
    extensions = _IMAGE_EXTENSIONS[image.media_type]
    if not name.lower().endswith(extensions):
        stem = name.rpartition(".")[0] if "." in name[-5:] else name
        name = f"{(stem or 'picture')[:190]}{extensions[0]}"
    return replace(image, name=name)


def _reencode_image(content: bytes) -> PreparedFile | None:
    # Returns None if the content is no image.
    try:
        with Image.open(io.BytesIO(content), formats=tuple(_IMAGE_TYPES)) as image:
            # Only the header has been read here. A JPEG of a phone may contain a second image; only the first is used.
            frames = 1 if image.format in ("JPEG", "MPO") else getattr(image, "n_frames", 1)
            if image.width * image.height * frames > MAX_PIXELS:
                raise FileTooBig(field="file")
            return _reencode_animation(image) if frames > 1 else _reencode_still(image)
    except UnidentifiedImageError:
        return None
    except Image.DecompressionBombError:
        raise FileTooBig(field="file") from None
    except _READ_ERRORS:
        raise FileRefused(field="file") from None


def _reencode_still(image: Image.Image) -> PreparedFile:
    """Return the pixels, rotated as the EXIF data says, without location, device, thumbnail or bytes after the image."""
    kind = {"GIF": "PNG", "MPO": "JPEG"}.get(str(image.format), str(image.format))
    # In place, and converted only if needed: each copy takes as much memory as the image.
    ImageOps.exif_transpose(image, in_place=True)
    mode = "RGB" if kind == "JPEG" else "RGBA" if image.has_transparency_data else "RGB"
    clean = image if image.mode == mode else image.convert(mode)
    clean.info = {}
    output = io.BytesIO()
    clean.save(output, kind, **({"quality": 88} if kind in ("JPEG", "WEBP") else {}))
    return PreparedFile("", _IMAGE_TYPES[kind], output.getvalue(), *clean.size)


def _reencode_animation(image: Image.Image) -> PreparedFile:
    frames, durations = [], []
    for frame in ImageSequence.Iterator(image):
        clean = Image.new("RGBA", image.size)
        clean.paste(frame.convert("RGBA"))
        frames.append(clean)
        durations.append(int(frame.info.get("duration") or 100))
    output = io.BytesIO()
    loop = int(image.info.get("loop") or 0)
    frames[0].save(
        output,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=loop,
        quality=80,
        method=2,
    )
    return PreparedFile("", "image/webp", output.getvalue(), *image.size)


def _detect_office_type(content: bytes) -> str:
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
                if media_type in {
                    f"application/vnd.oasis.opendocument.{kind}" for kind in _OPEN_DOCUMENT_KINDS
                }:
                    return media_type
            detected = next((type_ for entry, type_ in _OFFICE_TYPES.items() if entry in names), None)
    except _READ_ERRORS:
        raise FileRefused(field="file") from None
    if detected is None:
        raise FileRefused(field="file")
    return detected


def _is_short_and_uncompressed(entry: zipfile.ZipInfo) -> bool:
    """Return whether the entry is stored as OpenDocument requires of `mimetype`, so that reading it decompresses nothing."""
    return entry.file_size < 100 and entry.compress_type == zipfile.ZIP_STORED


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    # A browser may interpret a text that starts with a tag as HTML or SVG, whatever type it is sent with.
    start = text.lstrip("\ufeff \t\r\n").lower()
    return bool(start) and not start.startswith("<") and _NO_CONTROL_CHARACTERS.match(text) is not None

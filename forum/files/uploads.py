"""What may be uploaded: found out from the bytes, never from the name; images are drawn anew, without what they carry.

SVG and HTML run where they are opened, so they are no files here; what is not on the list is not either.
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

LARGEST = 10 * 1024 * 1024
# Width times height times frames, whatever the file's own depth: one bit a pixel unpacks to four bytes, and twice that while
# it is drawn anew. 25 million are a telephone's or a camera's 24 megapixels, and 200 MB of memory for a moment.
MOST_PIXELS = 25_000_000
_MOST_PARTS = 5_000

# So many at once, in threads of their own: this bounds the memory they take together, and nothing else waits behind them.
AT_ONCE = 2
_drawers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="files")

_IMAGES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/png"}
# How the names of pictures end, so that they say what they are.
_ENDINGS = {"image/png": (".png",), "image/jpeg": (".jpg", ".jpeg"), "image/webp": (".webp",)}
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OPEN = ("text", "spreadsheet", "presentation")
_PLAIN = re.compile(NO_CONTROLS)
_PDF = "application/pdf"
_TEXT = "text/plain"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError, SyntaxError, KeyError)


class FileRefused(Invalid):
    """Not a kind of file that is taken, or one that cannot be read."""

    message = (
        "Images, PDF, office documents and plain text are taken; this is none of them, or cannot be read."
    )


class FileTooBig(TooBig):
    """More bytes, or more pixels, than a file may have."""

    message = f"A file has {LARGEST // 1024 // 1024} MB and {MOST_PIXELS // 1_000_000} megapixels at most."


class Prepared(Struct, frozen=True):
    """A file as it is stored: its name, what it is, its bytes; of a picture, how wide and how high."""

    name: str
    media_type: str
    content: bytes
    width: int | None = None
    height: int | None = None


async def prepare_aside(name: str, content: bytes) -> Prepared:
    """Prepare a file in a thread for files. Ask first whether the actor may bring it."""
    return await asyncio.get_running_loop().run_in_executor(_drawers, prepare, name, content)


def prepare(name: str, content: bytes) -> Prepared:
    """Find out what something is and bring it into the form in which it is stored. Takes a moment and much memory: requests
    call `prepare_aside`."""
    if len(content) > LARGEST:
        raise FileTooBig(field="file")
    if content[:5] == b"%PDF-":
        return Prepared(name, _PDF, content)
    if content[:4] == b"PK\x03\x04":
        return Prepared(name, _office(content), content)
    image = _image(content)
    if image is not None:
        return image_named(name, image)
    if not _is_text(content):
        raise FileRefused(field="file")
    return Prepared(name, _TEXT, content)


def image_named(name: str, image: Prepared) -> Prepared:
    """A picture under its name, which ends as such pictures do."""
    endings = _ENDINGS[image.media_type]
    if not name.lower().endswith(endings):
        stem = name.rpartition(".")[0] if "." in name[-5:] else name
        name = f"{(stem or 'picture')[:190]}{endings[0]}"
    return replace(image, name=name)


def _image(content: bytes) -> Prepared | None:
    try:
        with Image.open(io.BytesIO(content), formats=tuple(_IMAGES)) as found:
            # Only the header is read so far. A photo with a second picture in it, as telephones take them, is one picture.
            frames = 1 if found.format in ("JPEG", "MPO") else getattr(found, "n_frames", 1)
            if found.width * found.height * frames > MOST_PIXELS:
                raise FileTooBig(field="file")
            return _drawn_anew(found, frames)
    except UnidentifiedImageError:
        return None
    except Image.DecompressionBombError:
        raise FileTooBig(field="file") from None
    except _BROKEN:
        raise FileRefused(field="file") from None


def _drawn_anew(found: Image.Image, frames: int) -> Prepared:
    """The pixels alone, turned as the camera was held: no place, no device, no thumbnail, nothing after the end. What moves
    goes on moving."""
    if frames > 1:
        return _moving(found)
    kind = {"GIF": "PNG", "MPO": "JPEG"}.get(str(found.format), str(found.format))
    # In its place and without a copy where none is needed: each copy takes as much memory as the picture.
    ImageOps.exif_transpose(found, in_place=True)
    mode = "RGB" if kind == "JPEG" else "RGBA" if found.has_transparency_data else "RGB"
    clean = found if found.mode == mode else found.convert(mode)
    clean.info = {}
    kept = io.BytesIO()
    clean.save(kept, kind, **({"quality": 88} if kind in ("JPEG", "WEBP") else {}))
    return Prepared("", _IMAGES[kind], kept.getvalue(), *clean.size)


def _moving(found: Image.Image) -> Prepared:
    frames, times = [], []
    for frame in ImageSequence.Iterator(found):
        clean = Image.new("RGBA", found.size)
        clean.paste(frame.convert("RGBA"))
        frames.append(clean)
        times.append(int(frame.info.get("duration") or 100))
    kept = io.BytesIO()
    loop = int(found.info.get("loop") or 0)
    frames[0].save(
        kept, "WEBP", save_all=True, append_images=frames[1:], duration=times, loop=loop, quality=80, method=2
    )
    return Prepared("", "image/webp", kept.getvalue(), *found.size)


def _office(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.namelist()
            if len(parts) > _MOST_PARTS:
                raise FileRefused(field="file")
            names = set(parts)
            if any(name.endswith("vbaProject.bin") for name in names):
                raise FileRefused("Office documents with macros are not taken.", field="file")
            if "mimetype" in names and _is_plain(packed.getinfo("mimetype")):
                kind = packed.read("mimetype").decode("ascii").strip()
                if kind in {f"application/vnd.oasis.opendocument.{one}" for one in _OPEN}:
                    return kind
            found = next((kind for part, kind in _OFFICE.items() if part in names), None)
    except _BROKEN:
        raise FileRefused(field="file") from None
    if found is None:
        raise FileRefused(field="file")
    return found


def _is_plain(part: zipfile.ZipInfo) -> bool:
    """As OpenDocument wants its first part: short, and not packed, so that reading it unpacks nothing."""
    return part.file_size < 100 and part.compress_type == zipfile.ZIP_STORED


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    # What a browser might take for a page or a drawing is no plain text, whatever it is sent as.
    begins = text.lstrip("\ufeff \t\r\n").lower()
    return bool(begins) and not begins.startswith("<") and _PLAIN.match(text) is not None

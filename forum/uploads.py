"""What may be uploaded: found out from the bytes, never from the name; images are drawn anew, without what they carry.

SVG and HTML run where they are opened, so they are no files here; what is not on the list is not either.
"""

import io
import re
import zipfile
import zlib

from msgspec import Struct
from msgspec.structs import replace
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from core.errors import Invalid, TooBig
from core.text import NO_CONTROLS

LARGEST = 10 * 1024 * 1024
# As many pixels as a camera makes; an image that unpacks to more is refused before it is unpacked.
MOST_PIXELS = 40_000_000
_MOST_PARTS = 5_000

# Pixels of all pictures of one that moves.
_MOST_MOVING = 60_000_000

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


def prepare(name: str, content: bytes) -> Prepared:
    """Find out what something is and bring it into the form in which it is stored. Takes a moment: call it in a thread."""
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
            if found.width * found.height > MOST_PIXELS:
                raise FileTooBig(field="file")
            return _drawn_anew(found)
    except UnidentifiedImageError:
        return None
    except Image.DecompressionBombError:
        raise FileTooBig(field="file") from None
    except _BROKEN:
        raise FileRefused(field="file") from None


def _drawn_anew(found: Image.Image) -> Prepared:
    """The pixels alone, turned as the camera was held: no place, no device, no thumbnail, nothing after the end. What moves
    goes on moving."""
    if getattr(found, "n_frames", 1) > 1 and found.format != "JPEG":
        return _moving(found)
    kind = "PNG" if found.format == "GIF" else str(found.format)
    turned = ImageOps.exif_transpose(found)
    mode = "RGB" if kind == "JPEG" else "RGBA" if turned.has_transparency_data else "RGB"
    clean = Image.new(mode, turned.size)
    clean.paste(turned.convert(mode))
    kept = io.BytesIO()
    clean.save(kept, kind, **({"quality": 88} if kind in ("JPEG", "WEBP") else {}))
    return Prepared("", _IMAGES[kind], kept.getvalue(), *turned.size)


def _moving(found: Image.Image) -> Prepared:
    if found.n_frames * found.width * found.height > _MOST_MOVING:  # type: ignore[attr-defined]
        raise FileTooBig(field="file")
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
            if "mimetype" in names and packed.getinfo("mimetype").file_size < 100:
                kind = packed.read("mimetype").decode("ascii").strip()
                if kind in {f"application/vnd.oasis.opendocument.{one}" for one in _OPEN}:
                    return kind
            found = next((kind for part, kind in _OFFICE.items() if part in names), None)
    except _BROKEN:
        raise FileRefused(field="file") from None
    if found is None:
        raise FileRefused(field="file")
    return found


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    # What a browser might take for a page or a drawing is no plain text, whatever it is sent as.
    begins = text.lstrip("\ufeff \t\r\n").lower()
    return bool(begins) and not begins.startswith("<") and _PLAIN.match(text) is not None

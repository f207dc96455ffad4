"""Pictures that members upload: the first picture of a file, re-encoded without metadata, upright and in sRGB colours."""

import io
import struct

from msgspec import Struct
from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from core.languages.texts import translatable
from forum.files.file_types import FileTooBig

# Width times height times frames. The file's own colour depth does not matter: one bit per pixel is decoded to four bytes,
# and re-encoding needs them twice. 25 million pixels admit photos of 24 megapixels and take 200 MB of memory for a moment.
MAX_PIXELS = 25_000_000
MAX_FRAMES = 1_000
TOO_BIG = translatable(
    "A picture can have up to 25 megapixels and 1,000 frames. Make it smaller and upload it again."
)

# The formats that Pillow may open, and the format and type in which each is stored; animations are stored as WebP.
_FORMATS = {
    "PNG": ("PNG", "image/png"),
    "JPEG": ("JPEG", "image/jpeg"),
    "MPO": ("JPEG", "image/jpeg"),
    "WEBP": ("WEBP", "image/webp"),
    "AVIF": ("WEBP", "image/webp"),
    "GIF": ("PNG", "image/png"),
    "BMP": ("PNG", "image/png"),
}
_OPENED = tuple(name for name in _FORMATS if name != "MPO")
_EXIF_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    KeyError,
    TypeError,
    IndexError,
    OverflowError,
    struct.error,
)
# Pillow reports damaged data with these, and with UnidentifiedImageError if it knows nothing of the file.
_READ_ERRORS = (*_EXIF_ERRORS, EOFError, RuntimeError, AttributeError, ZeroDivisionError, MemoryError)
_SRGB = ImageCms.createProfile("sRGB")
# 16 bits of grey to 8, by the nearest value.
_GREY_LEVELS = [(level * 255 + 32_767) // 65_535 for level in range(65_536)]


class PictureDamaged(Exception):
    """The file begins as a picture and cannot be decoded."""


class Picture(Struct, frozen=True):
    """A re-encoded picture: its type, its bytes, and its size in pixels."""

    media_type: str
    content: bytes
    width: int
    height: int


def reencode_picture(content: bytes) -> Picture | None:
    """Return the picture in the form in which it is stored, or None if the content is no picture that can be opened.

    Raises PictureDamaged or FileTooBig.
    """
    try:
        _ensure_few_gif_frames(content)
        with Image.open(io.BytesIO(content), formats=_OPENED) as image:
            # Only the header has been read here. The JPEG of a phone may contain a second picture (MPO: a preview, a depth
            # map, what the camera saw besides); only the first one is used.
            frames = 1 if image.format in ("JPEG", "MPO") else int(getattr(image, "n_frames", 1))
            if image.width * image.height * frames > MAX_PIXELS or frames > MAX_FRAMES:
                raise FileTooBig(TOO_BIG, field="file")
            return _reencode_animation(image) if frames > 1 else _reencode_still(image)
    except UnidentifiedImageError:
        return None
    except Image.DecompressionBombError:
        raise FileTooBig(TOO_BIG, field="file") from None
    except _READ_ERRORS:
        raise PictureDamaged from None


def _reencode_still(image: Image.Image) -> Picture:
    """Return the pixels, rotated as the EXIF data says, without location, device, thumbnail or bytes after the image."""
    kind, media_type = _FORMATS[str(image.format)]
    # In place, and converted only if needed: each copy takes as much memory as the image.
    upright = _turn(_to_8_bits(image))
    clean = _to_srgb(upright, "RGBA" if kind != "JPEG" and upright.has_transparency_data else "RGB")
    clean.info = {}
    output = io.BytesIO()
    clean.save(output, kind, **({"quality": 88} if kind in ("JPEG", "WEBP") else {}))
    return Picture(media_type, output.getvalue(), *clean.size)


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Return the image with 8 bits for each level of grey: Pillow would clip 16 bits to white."""
    if not image.mode.startswith("I"):
        return image
    image.info.pop("transparency", None)
    exif = image.info.get("exif")
    grey = image.convert("I").point(_GREY_LEVELS, "L")
    if exif:
        grey.info["exif"] = exif
    return grey


def _turn(image: Image.Image) -> Image.Image:
    """Return the image as the camera was held; damaged EXIF data are ignored, because they say nothing of the pixels."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except _EXIF_ERRORS:
        image.load()
    return image


def _to_srgb(image: Image.Image, mode: str) -> Image.Image:
    """Return the image in this mode, with the colours of its profile converted to sRGB, which browsers assume."""
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(own):
                turned = ImageCms.profileToProfile(image, own, _SRGB, outputMode="RGB")
                image = turned if turned is not None else image
        except (ImageCms.PyCMSError, *_EXIF_ERRORS):
            # A damaged profile, or one for another kind of picture: the colours are those of the numbers.
            pass
    return image if image.mode == mode else image.convert(mode)


def _reencode_animation(image: Image.Image) -> Picture:
    frames, durations = [], []
    for frame in ImageSequence.Iterator(image):
        clean = Image.new("RGBA", image.size)
        clean.paste(_to_8_bits(frame).convert("RGBA"))
        if exif := image.info.get("exif"):
            clean.info["exif"] = exif
        clean = _turn(clean)
        clean.info = {}
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
    return Picture("image/webp", output.getvalue(), *frames[0].size)


def _ensure_few_gif_frames(content: bytes) -> None:
    """Raise FileTooBig if a GIF has more than `MAX_FRAMES`, before Pillow counts them: that takes 10 µs for each."""
    if content[:4] != b"GIF8" or len(content) < 13:
        return
    at, frames = 13 + _colour_table_size(content[10]), 0
    while at + 10 <= len(content):
        if content[at] == 0x2C:
            frames += 1
            if frames > MAX_FRAMES:
                raise FileTooBig(TOO_BIG, field="file")
            at = _end_of_blocks(content, at + 11 + _colour_table_size(content[at + 9]))
        elif content[at] == 0x21:
            at = _end_of_blocks(content, at + 2)
        elif content[at] == 0x3B:
            return
        else:
            # Pillow skips bytes between blocks as well.
            at += 1


def _colour_table_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(content: bytes, at: int) -> int:
    while at < len(content) and content[at]:
        at += 1 + content[at]
    return at + 1

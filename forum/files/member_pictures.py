"""Pictures of members: a square in two sizes, made in a separate process from a file that a member uploads."""

import io
from typing import Literal

from msgspec import Struct
from PIL import Image, ImageOps

from core import clock
from core.actor import Actor
from core.isolation import FILES
from core.languages.texts import translatable
from forum.files.file_types import MAX_FILE_SIZE, FileRefused, FileTooBig
from forum.files.files import ensure_within_quota
from forum.files.pictures import PictureDamaged, reencode_picture
from members.profiles.pictures import SIZES, SquarePicture
from members.profiles.trust import LevelPermissions
from storage.database import Database

# Which part of a picture that is no square is kept: its top or left, its middle, or its bottom or right.
Crop = Literal["start", "middle", "end"]
_CENTRES: dict[Crop, float] = {"start": 0.0, "middle": 0.5, "end": 1.0}


class NewPicture(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A picture to upload, in base64 in JSON, and which part of it is kept."""

    content: bytes
    crop: Crop = "middle"


class NotAPicture(FileRefused):
    """The file is no picture that can be opened."""

    message = translatable(
        "This file is not a picture that we can open. Choose a PNG, JPEG, WebP, AVIF or GIF file."
    )


async def prepare_picture(
    db: Database, actor: Actor, new: NewPicture, rights: LevelPermissions
) -> SquarePicture:
    """Check that the member may upload a file of this size, and return the picture in the form in which it is stored.

    The database connection is released before the picture is opened. Raises FileTooBig, QuotaFull, NotAPicture, or the
    refusals of `Actor.may_write`.
    """
    member = actor.may_write(clock.now())
    if len(new.content) > MAX_FILE_SIZE:
        raise FileTooBig(field="file")
    async with db.read() as tx:
        await ensure_within_quota(tx, member, len(new.content), rights)
    return await FILES.call(crop_picture, new.content, new.crop)


def crop_picture(content: bytes, crop: Crop) -> SquarePicture:
    """Return a square part of a picture in both sizes, without metadata; raise NotAPicture or FileTooBig.

    This may take 200 MB of memory, so it is called in a separate process.
    """
    try:
        picture = reencode_picture(content)
    except PictureDamaged:
        picture = None
    if picture is None:
        raise NotAPicture(field="file")
    with Image.open(io.BytesIO(picture.content)) as image:
        # Of an animation this is the first frame.
        mode = "RGBA" if image.has_transparency_data else "RGB"
        centre = (_CENTRES[crop], _CENTRES[crop])
        large = ImageOps.fit(
            image.convert(mode), (SIZES[-1], SIZES[-1]), Image.Resampling.LANCZOS, centering=centre
        )
    small = large.resize((SIZES[0], SIZES[0]), Image.Resampling.LANCZOS)
    return SquarePicture(_as_webp(small), _as_webp(large))


def _as_webp(image: Image.Image) -> bytes:
    output = io.BytesIO()
    image.info = {}
    image.save(output, "WEBP", quality=82, method=4)
    return output.getvalue()

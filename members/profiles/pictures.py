"""Pictures of members: stored in two sizes under a name that changes with the picture, so that browsers keep them.

A picture belongs to the profile: members report it with the profile, and moderators hide it with the profile.
"""

import re
from hashlib import sha256

from msgspec import Struct

from core import clock
from core.actor import Actor
from core.errors import NotFound
from core.ids import MemberId
from members.events import ProfileChanged
from storage.database import Reader, Transaction
from storage.statements import statement

# Width and height in pixels.
SIZES = (64, 192)
_ADDRESS = re.compile(r"([0-9a-f]{16})-(64|192)\.webp")

UPSERT_PICTURE = statement("""
INSERT INTO member_pictures (member_id, name, small, large, set_at) VALUES (:member, :name, :small, :large, :now)
ON CONFLICT (member_id) DO UPDATE SET name = excluded.name, small = excluded.small, large = excluded.large,
    set_at = excluded.set_at
""")
# The picture of a hidden profile is stored and not shown.
UPDATE_SHOWN_PICTURE = statement("""
UPDATE members SET picture = CASE WHEN profile_hidden_at IS NULL THEN CAST(:name AS text) END, version = version + 1
WHERE id = :member
""")
DELETE_PICTURE = statement("DELETE FROM member_pictures WHERE member_id = :member")
HAS_PICTURE = statement("SELECT EXISTS (SELECT FROM member_pictures WHERE member_id = :member)")
SELECT_SHOWN_PICTURE = statement("""
SELECT CASE WHEN CAST(:size AS integer) = 64 THEN p.small ELSE p.large END
FROM member_pictures p JOIN members m ON m.id = p.member_id AND m.picture = p.name WHERE p.name = :name
""")


class SquarePicture(Struct, frozen=True):
    """A picture as it is stored: WebP in the sizes of `SIZES`."""

    small: bytes
    large: bytes


class Picture(Struct, frozen=True):
    """The addresses of a member's picture in 64 and in 192 pixels."""

    small: str
    large: str


def picture_path(name: str, size: int) -> str:
    """Return the path of a picture in one of the `SIZES`."""
    return f"/faces/{name}-{size}.webp"


async def set_picture(tx: Transaction, actor: Actor, picture: SquarePicture) -> Picture:
    """Store a picture in place of the actor's earlier one; raise the refusals of `Actor.may_write`."""
    now = clock.now()
    member = actor.may_write(now)
    # With the id, so that two members with the same picture have two names.
    name = sha256(b"%d\0" % member + picture.large).hexdigest()[:16]
    await tx.run(UPSERT_PICTURE, member=member, name=name, small=picture.small, large=picture.large, now=now)
    await tx.run(UPDATE_SHOWN_PICTURE, member=member, name=name)
    await tx.record(ProfileChanged(member_id=member))
    return Picture(*(picture_path(name, size) for size in SIZES))


async def remove_picture(tx: Transaction, actor: Actor) -> None:
    """Delete the actor's picture; repeating the call changes nothing."""
    member = actor.signed_in()
    if await delete_picture(tx, member):
        await tx.run(UPDATE_SHOWN_PICTURE, member=member, name=None)
        await tx.record(ProfileChanged(member_id=member))


async def delete_picture(tx: Transaction, member: MemberId) -> bool:
    """Delete the stored picture of a member; return whether there was one. Checks no permission."""
    return bool(await tx.run(DELETE_PICTURE, member=member))


async def has_picture(tx: Reader, member: MemberId) -> bool:
    """Return whether a picture of the member is stored, shown or hidden."""
    return bool(await tx.value(HAS_PICTURE, member=member))


async def read_picture(tx: Reader, address: str) -> bytes:
    """Return a picture by the last part of its path; raise NotFound if it is not shown, or not shown any more."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise NotFound
    content = await tx.value(SELECT_SHOWN_PICTURE, name=found[1], size=int(found[2]))
    if content is None:
        raise NotFound
    return bytes(content)

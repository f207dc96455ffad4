"""Bodies, such as a steering committee: named in the community's file, with members that administrators set."""

from collections.abc import Mapping

from core.actor import Actor
from core.errors import NotFound
from members.events import AccessChanged
from members.policy import ensure_can_manage_duties
from members.profiles.duties import find_member
from members.shapes import Author, Committee, CommitteeList, CommitteeMembers
from storage.database import Reader, Transaction
from storage.statements import statement

_SEAT = statement(
    "INSERT INTO body_members VALUES (:body, :member) ON CONFLICT DO NOTHING RETURNING member_id"
)
_UNSEAT = statement("DELETE FROM body_members WHERE body = :body AND member_id = :member")
_SEATED = statement("""
SELECT m.id, m.handle, m.display_name, m."group"
FROM body_members b JOIN public_authors m ON m.id = b.member_id WHERE b.body = :body ORDER BY m.handle
""")


def list_committees(bodies: Mapping[str, str]) -> CommitteeList:
    """The bodies of the community; who sits on them is not said."""
    return CommitteeList([Committee(slug, name) for slug, name in bodies.items()])


async def read_committee_members(
    tx: Reader, actor: Actor, bodies: Mapping[str, str], slug: str
) -> CommitteeMembers:
    """Who sits on a body, for administrators."""
    ensure_can_manage_duties(actor)
    _ensure_known(bodies, slug)
    return CommitteeMembers([Author(**row) for row in await tx.rows(_SEATED, body=slug)])


async def add_committee_member(
    tx: Transaction, actor: Actor, bodies: Mapping[str, str], slug: str, handle: str
) -> None:
    """Give somebody a seat on a body; to have it already is no mistake."""
    ensure_can_manage_duties(actor)
    _ensure_known(bodies, slug)
    member = await find_member(tx, handle)
    if await tx.value(_SEAT, body=slug, member=member) is not None:
        await tx.record(AccessChanged(member_id=member))


async def remove_committee_member(
    tx: Transaction, actor: Actor, bodies: Mapping[str, str], slug: str, handle: str
) -> None:
    """Take somebody's seat on a body; rooms that are for it alone close to them at once."""
    ensure_can_manage_duties(actor)
    _ensure_known(bodies, slug)
    member = await find_member(tx, handle)
    if await tx.run(_UNSEAT, body=slug, member=member):
        await tx.record(AccessChanged(member_id=member))


def _ensure_known(bodies: Mapping[str, str], slug: str) -> None:
    if slug not in bodies:
        raise NotFound

"""Committees, such as a steering committee: the community's file names them, and administrators set their members."""

from collections.abc import Mapping

from core.actor import Actor
from core.errors import NotFound
from members.events import AccessChanged
from members.policy import ensure_can_administer
from members.profiles.duties import find_member
from members.shapes import Author, Committee, CommitteeList, CommitteeMembers
from storage.database import Reader, Transaction
from storage.statements import statement

INSERT_COMMITTEE_MEMBER = statement(
    "INSERT INTO body_members VALUES (:body, :member) ON CONFLICT DO NOTHING RETURNING member_id"
)
DELETE_COMMITTEE_MEMBER = statement("DELETE FROM body_members WHERE body = :body AND member_id = :member")
SELECT_COMMITTEE_MEMBERS = statement("""
SELECT m.id, m.handle, m.display_name, m."group", m.picture
FROM body_members b JOIN public_authors m ON m.id = b.member_id WHERE b.body = :body ORDER BY m.handle
""")


def list_committees(committees: Mapping[str, str]) -> CommitteeList:
    """Return the committees of the community, without their members."""
    return CommitteeList([Committee(slug, name) for slug, name in committees.items()])


async def read_committee_members(
    tx: Reader, actor: Actor, committees: Mapping[str, str], slug: str
) -> CommitteeMembers:
    """Return the members of a committee; raise AdministratorsOnly or NotFound."""
    ensure_can_administer(actor)
    _ensure_known(committees, slug)
    return CommitteeMembers([Author(**row) for row in await tx.rows(SELECT_COMMITTEE_MEMBERS, body=slug)])


async def add_committee_member(
    tx: Transaction, actor: Actor, committees: Mapping[str, str], slug: str, handle: str
) -> None:
    """Add a member to a committee; repeating the call changes nothing. Raises AdministratorsOnly or NotFound."""
    ensure_can_administer(actor)
    _ensure_known(committees, slug)
    member = await find_member(tx, handle)
    if await tx.value(INSERT_COMMITTEE_MEMBER, body=slug, member=member) is not None:
        await tx.record(AccessChanged(member_id=member))


async def remove_committee_member(
    tx: Transaction, actor: Actor, committees: Mapping[str, str], slug: str, handle: str
) -> None:
    """Remove a member from a committee, and so from rooms that only the committee may enter.

    Raises AdministratorsOnly or NotFound.
    """
    ensure_can_administer(actor)
    _ensure_known(committees, slug)
    member = await find_member(tx, handle)
    if await tx.run(DELETE_COMMITTEE_MEMBER, body=slug, member=member):
        await tx.record(AccessChanged(member_id=member))


def _ensure_known(committees: Mapping[str, str], slug: str) -> None:
    if slug not in committees:
        raise NotFound

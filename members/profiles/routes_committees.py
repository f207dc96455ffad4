"""HTTP routes of committees; the API calls them bodies."""

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.actor import Actor
from members.profiles import committees
from members.shapes import CommitteeList, CommitteeMembers, Taxonomies
from storage.database import Database

_MEMBER = "/bodies/{body_slug:str}/members/{handle:str}"


@get("/bodies", operation_id="read_bodies")
async def read_committees(taxonomies: NamedDependency[Taxonomies]) -> CommitteeList:
    """Return the committees of the community."""
    return committees.list_committees(taxonomies.committees)


@get("/bodies/{body_slug:str}/members", operation_id="read_body_members")
async def read_committee_members(
    body_slug: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
) -> CommitteeMembers:
    """Return the members of a committee, for administrators."""
    async with db.read() as tx:
        return await committees.read_committee_members(tx, actor, taxonomies.committees, body_slug)


@put(_MEMBER, status_code=204, operation_id="seat_body_member")
async def add_committee_member(
    body_slug: FromPath[str],
    handle: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
) -> None:
    """Add a member to a committee."""
    async with db.begin() as tx:
        await committees.add_committee_member(tx, actor, taxonomies.committees, body_slug, handle)


@delete(_MEMBER, status_code=204, operation_id="unseat_body_member")
async def remove_committee_member(
    body_slug: FromPath[str],
    handle: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
) -> None:
    """Remove a member from a committee."""
    async with db.begin() as tx:
        await committees.remove_committee_member(tx, actor, taxonomies.committees, body_slug, handle)


routes = [read_committees, read_committee_members, add_committee_member, remove_committee_member]

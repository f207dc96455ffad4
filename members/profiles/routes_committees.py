"""The HTTP side of bodies."""

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.actor import Actor
from members.profiles import committees
from members.shapes import CommitteeList, CommitteeMembers, Taxonomies
from storage.database import Database

_MEMBER = "/bodies/{body_slug:str}/members/{handle:str}"


@get("/bodies", operation_id="read_bodies")
async def read_bodies(taxonomies: NamedDependency[Taxonomies]) -> CommitteeList:
    """The bodies of the community, such as a steering committee."""
    return committees.list_committees(taxonomies.bodies)


@get("/bodies/{body_slug:str}/members", operation_id="read_body_members")
async def read_body_members(
    body_slug: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
) -> CommitteeMembers:
    """Who sits on a body, for administrators."""
    async with db.read() as tx:
        return await committees.read_committee_members(tx, actor, taxonomies.bodies, body_slug)


@put(_MEMBER, status_code=204, operation_id="seat_body_member")
async def seat_body_member(
    body_slug: FromPath[str],
    handle: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
) -> None:
    """Give somebody a seat on a body."""
    async with db.begin() as tx:
        await committees.add_committee_member(tx, actor, taxonomies.bodies, body_slug, handle)


@delete(_MEMBER, status_code=204, operation_id="unseat_body_member")
async def unseat_body_member(
    body_slug: FromPath[str],
    handle: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    taxonomies: NamedDependency[Taxonomies],
) -> None:
    """Take somebody's seat on a body."""
    async with db.begin() as tx:
        await committees.remove_committee_member(tx, actor, taxonomies.bodies, body_slug, handle)


body_routes = [read_bodies, read_body_members, seat_body_member, unseat_body_member]

"""HTTP routes of duties."""

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.actor import Actor
from core.http import PathId
from members.profiles import duties
from members.shapes import DutyList
from storage.database import Database

_ADMINISTRATOR = "/members/{handle:str}/duties/administrator"
_MODERATOR = "/members/{handle:str}/duties/moderator/{slug:str}"
_HOST = "/members/{handle:str}/duties/host/{gathering_id:int}"


@get("/duties", operation_id="read_duties")
async def read_duties(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> DutyList:
    """Return all duties and the members who have them, for administrators."""
    async with db.read() as tx:
        return await duties.read_duties(tx, actor)


@put(_ADMINISTRATOR, status_code=204, operation_id="make_administrator")
async def make_administrator(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Make a member an administrator."""
    async with db.begin() as tx:
        await duties.grant_duty(tx, actor, handle, "administrator")


@delete(_ADMINISTRATOR, status_code=204, operation_id="unmake_administrator")
async def remove_administrator(
    handle: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Remove a member's duty as an administrator; the last administrator cannot be removed."""
    async with db.begin() as tx:
        await duties.revoke_duty(tx, actor, handle, "administrator")


@put(_MODERATOR, status_code=204, operation_id="make_moderator")
async def make_moderator(
    handle: FromPath[str], slug: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Make a member a moderator of a sector."""
    async with db.begin() as tx:
        await duties.grant_duty(tx, actor, handle, "moderator", slug)


@delete(_MODERATOR, status_code=204, operation_id="unmake_moderator")
async def remove_moderator(
    handle: FromPath[str], slug: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Remove a member's duty as a moderator of a sector."""
    async with db.begin() as tx:
        await duties.revoke_duty(tx, actor, handle, "moderator", slug)


@put(_HOST, status_code=204, operation_id="make_host")
async def make_host(
    handle: FromPath[str], gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Make a member a host of a gathering."""
    async with db.begin() as tx:
        await duties.grant_duty(tx, actor, handle, "host", gathering_id)


@delete(_HOST, status_code=204, operation_id="unmake_host")
async def remove_host(
    handle: FromPath[str], gathering_id: PathId, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> None:
    """Remove a member's duty as a host of a gathering."""
    async with db.begin() as tx:
        await duties.revoke_duty(tx, actor, handle, "host", gathering_id)


routes = [
    read_duties,
    make_administrator,
    remove_administrator,
    make_moderator,
    remove_moderator,
    make_host,
    remove_host,
]

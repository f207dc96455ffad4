"""HTTP routes of trust levels."""

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.actor import Actor
from forum.trust import trust as trusting
from forum.trust.shapes import NewTrust, OwnTrust, Trust
from members.profiles.trust import TrustRules
from storage.database import Database


@get("/me/trust", operation_id="read_own_trust")
async def read_own_trust(
    actor: NamedDependency[Actor], db: NamedDependency[Database], trust: NamedDependency[TrustRules]
) -> OwnTrust:
    """Return your trust level, its permissions, and what is missing for the next level."""
    async with db.read() as tx:
        return await trusting.read_own_trust(tx, trust, actor)


@get("/members/{handle:str}/trust", operation_id="read_trust")
async def read_trust(
    handle: FromPath[str], db: NamedDependency[Database], trust: NamedDependency[TrustRules]
) -> Trust:
    """Return a member's trust level and the thanks given and received."""
    async with db.read() as tx:
        return await trusting.read_trust(tx, trust, handle)


@put("/members/{handle:str}/trust", status_code=204, operation_id="give_trust")
async def set_trust_level(
    handle: FromPath[str],
    data: JSONBody[NewTrust],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    trust: NamedDependency[TrustRules],
) -> None:
    """Set a member's trust level; only administrators can."""
    async with db.begin() as tx:
        await trusting.set_trust_level(tx, trust, actor, handle, data.level)


@delete("/members/{handle:str}/trust", operation_id="reckon_trust")
async def reset_trust_level(
    handle: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    trust: NamedDependency[TrustRules],
) -> None:
    """Let a member's trust level be computed again; only administrators can."""
    async with db.begin() as tx:
        await trusting.set_trust_level(tx, trust, actor, handle, None)


trust_routes = [read_own_trust, read_trust, set_trust_level, reset_trust_level]

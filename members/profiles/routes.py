"""HTTP routes of profiles."""

from litestar import Response, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core.actor import Actor
from core.http import IfMatch, documented_response, json_response, version_in
from members.profiles import profiles
from members.profiles.trust import TrustRules, permissions_of
from members.shapes import Me, Profile, ProfileChange, Taxonomies
from storage.database import Database
from storage.idempotency import IdempotentRequest


@get("/me", operation_id="read_me")
async def read_me(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Me:
    """Return the caller with everything that only the caller may see."""
    async with db.read() as tx:
        return await profiles.read_member(tx, actor.signed_in())


@patch("/me/profile", responses=documented_response(200, Me), operation_id="change_profile")
async def change_profile(
    data: JSONBody[ProfileChange],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    idempotent: NamedDependency[IdempotentRequest],
    taxonomies: NamedDependency[Taxonomies],
    trust: NamedDependency[TrustRules],
    if_match: IfMatch = None,
) -> Response[bytes]:
    """Change the caller's profile and which parts of it are public."""
    version = version_in(if_match)
    profiles.ensure_addresses_allowed(permissions_of(trust, actor), data)
    answer = await idempotent.respond(
        db, lambda tx: profiles.change_profile(tx, actor, data, taxonomies, version)
    )
    return json_response(answer.body, answer.status)


@get("/members/{handle:str}", operation_id="read_profile")
async def read_profile(handle: FromPath[str], db: NamedDependency[Database]) -> Profile:
    """Return the public profile of a member."""
    async with db.read() as tx:
        return await profiles.read_profile(tx, handle)


routes = [
    read_me,
    change_profile,
    read_profile,
]

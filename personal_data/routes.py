"""HTTP routes of the deletion of one's own account."""

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Struct

from core.actor import Actor
from core.errors import NotFound
from members.accounts import credentials
from members.accounts.erasure_requests import (
    KINDS,
    Choice,
    ErasureChoices,
    PendingErasure,
    cancel_erasure,
    find_erasure,
    request_erasure,
)
from members.shapes import GivenPassword
from personal_data.preview import ErasurePreview, preview_erasure
from storage.database import Database


class NewErasure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request to delete one's account: the password, and what becomes of the texts of each kind (`keep`: without the
    name)."""

    password: GivenPassword
    posts: Choice
    rooms: Choice
    entries: Choice


@get("/me/erasure/preview", operation_id="preview_erasure")
async def preview_own_erasure(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> ErasurePreview:
    """What deleting the account would delete and keep."""
    member = actor.signed_in()
    async with db.read() as tx:
        return await preview_erasure(tx, member)


@get("/me/erasure", operation_id="read_erasure")
async def read_own_erasure(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> PendingErasure:
    """When the account will be deleted; 404 if the member has not asked for it."""
    member = actor.signed_in()
    async with db.read() as tx:
        found = await find_erasure(tx, member)
    if found is None:
        raise NotFound
    return found


@post("/me/erasure", status_code=202, operation_id="request_erasure")
async def request_own_erasure(
    data: JSONBody[NewErasure], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> PendingErasure:
    """Delete the account in seven days; until then it can be cancelled. Asking again changes the choices."""
    await credentials.reauthenticate(db, actor, data.password)
    choices = {name: getattr(data, name) for name in KINDS}
    async with db.begin() as tx:
        return await request_erasure(tx, actor, ErasureChoices(**choices))


@delete("/me/erasure", status_code=204, operation_id="cancel_erasure")
async def cancel_own_erasure(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Keep the account."""
    async with db.begin() as tx:
        await cancel_erasure(tx, actor)


routes = [preview_own_erasure, read_own_erasure, request_own_erasure, cancel_own_erasure]

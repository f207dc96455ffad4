"""The HTTP side of drafts."""

from typing import Annotated

from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from core.actor import Actor
from forum.drafts import drafts
from forum.shapes_drafts import KEY, Draft, DraftChange, DraftList
from storage.database import Database

PathKey = Annotated[str, PathParameter(max_length=80, pattern=KEY)]


@get("/drafts", operation_id="read_drafts")
async def read_drafts(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> DraftList:
    """All of one's drafts, the latest first."""
    async with db.read() as tx:
        return await drafts.read_drafts(tx, actor)


@get("/drafts/{key:str}", operation_id="read_draft")
async def read_draft(key: PathKey, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> Draft:
    """One draft, or an empty one with the number from which it would go on."""
    async with db.read() as tx:
        return await drafts.read_draft(tx, actor, key)


@put("/drafts/{key:str}", operation_id="save_draft")
async def save_draft(
    key: PathKey, data: JSONBody[DraftChange], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Draft:
    """Keep what stands in a window; what another window has changed meanwhile is kept as well, under the old key."""
    async with db.begin() as tx:
        return await drafts.save_draft(tx, actor, key, data)


@delete("/drafts/{key:str}", operation_id="drop_draft")
async def drop_draft(key: PathKey, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> None:
    """Throw a draft away."""
    async with db.begin() as tx:
        await drafts.drop_draft(tx, actor, key)


draft_routes = [read_drafts, read_draft, save_draft, drop_draft]
